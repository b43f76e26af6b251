import { labelOf, type ReferenceEvent, type ReferenceOptions } from '../reference/event.ts'
import {
  checkoutToPurchaseOf,
  durationOf,
  entryAndExitOf,
  isEngaged,
  isSinglePage,
  isWithoutInteraction,
  pageViewsOf,
  type Session,
  stepsReachedIn,
} from '../reference/sessions.ts'

/** A series, as a page writes it without the labels that all have, and what is added to it, in units as below. */
export type Increment = readonly [series: string, amount: number]

/** Sums are kept in whole numbers; those of these families are so many to one unit shown. */
const PER_UNIT: Readonly<Record<string, number>> = {
  page_engagement_seconds_total: 1_000,
  session_duration_seconds_sum: 1_000,
  checkout_to_purchase_seconds_sum: 1_000,
  revenue_total: 1_000_000,
}

const BOUNDS = {
  session_duration_seconds: [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400],
  session_page_views: [0, 1, 2, 3, 4, 5, 8, 13, 21, 34, 55, 100],
  checkout_to_purchase_seconds: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600],
}

export function increment(name: string, labels: Readonly<Record<string, string>> = {}, amount = 1): Increment {
  const texts = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return [`clickstream_${name}${texts.length === 0 ? '' : `{${texts.join()}}`}`, amount]
}

/** The value a series shows for its sum. */
export function shownValue(series: string, sum: number): number {
  const family = series.slice('clickstream_'.length).replace(/\{.*$/, '')
  return sum / (PER_UNIT[family] ?? 1)
}

/** What an accepted event adds at once. */
export function ofAccepted({ type, page, durationMs, priceMicros, currency }: ReferenceEvent): Increment[] {
  const label = { page: labelOf(page) }
  return [
    increment('events_total', { event: type }),
    ...(type === 'page_view' ? [increment('page_views_total', label)] : []),
    ...(type === 'click' ? [increment('clicks_total', label)] : []),
    ...(durationMs === undefined ? [] : [increment('page_engagement_seconds_total', label, durationMs)]),
    ...(type === 'purchase' && priceMicros !== undefined
      ? [increment('revenue_total', { currency: labelOf(currency) }, Number(priceMicros))]
      : []),
  ]
}

/** What a session adds when it closes. */
export function ofClosed(session: Session, options: ReferenceOptions): Increment[] {
  const visit = entryAndExitOf(session)
  const paymentMs = checkoutToPurchaseOf(session)
  const bounced = {
    single_page: isSinglePage(session),
    no_interaction: isWithoutInteraction(session),
    ga4: !isEngaged(session, options),
  }
  return [
    increment('sessions_open', {}, -1),
    increment('sessions_closed_total'),
    ...Object.entries(bounced)
      .filter(([, counts]) => counts)
      .map(([definition]) => increment('sessions_bounced_total', { definition })),
    ...[...new Set(session.events.map(({ type }) => type))].map((event) =>
      increment('sessions_with_event_total', { event }),
    ),
    ...(visit === undefined
      ? []
      : [
          increment('session_entries_total', { page: visit.entry }),
          increment('session_exits_total', { page: visit.exit }),
        ]),
    ...options.funnels.flatMap((funnel) =>
      funnel.steps
        .slice(0, stepsReachedIn(session, funnel))
        .map(({ name: step }) => increment('funnel_sessions_total', { funnel: funnel.name, step })),
    ),
    ...ofObservation('session_duration_seconds', durationOf(session)),
    ...ofObservation('session_page_views', pageViewsOf(session)),
    ...(paymentMs === undefined ? [] : ofObservation('checkout_to_purchase_seconds', paymentMs)),
  ]
}

function ofObservation(name: keyof typeof BOUNDS, value: number): Increment[] {
  const shown = value / (PER_UNIT[`${name}_sum`] ?? 1)
  return [
    ...BOUNDS[name]
      .filter((bound) => shown <= bound)
      .map((bound) => increment(`${name}_bucket`, { le: String(bound) })),
    increment(`${name}_bucket`, { le: '+Inf' }),
    increment(`${name}_sum`, {}, value),
    increment(`${name}_count`),
  ]
}
