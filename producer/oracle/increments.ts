import { type LabelledEvent, OTHER, type ReferenceOptions } from './event.ts'
import { BOUNDS, type HistogramName } from './families.ts'
import type { Verdict } from './judge.ts'
import { isSale } from './label-guard.ts'
import type { Refusal } from './read-event.ts'
import {
  checkoutToPurchaseOf,
  durationOf,
  entryAndExitOf,
  isEngaged,
  isSinglePage,
  isWithoutInteraction,
  pageViewsOf,
  type Session,
  startOf,
  stepsReachedIn,
} from './sessions.ts'
import { type Increment, increment } from './sums.ts'

/** What a record adds that is no event, or an event that must not count. */
export function ofRefused(reason: Refusal | Exclude<Verdict, 'accepted'>): Increment {
  const isDropped = reason === 'late' || reason === 'duplicate' || reason === 'bot'
  return increment(isDropped ? 'events_dropped_total' : 'records_rejected_total', { reason })
}

/** What an accepted event adds at once. */
export function ofAccepted(event: LabelledEvent): Increment[] {
  const { type, pageLabel, currencyLabel, durationMs, priceMicros } = event
  const page = { page: pageLabel }
  const increments = [increment('events_total', { event: type })]
  if (type === 'page_view') increments.push(increment('page_views_total', page))
  if (type === 'click') increments.push(increment('clicks_total', page))
  if (durationMs !== undefined) increments.push(increment('page_engagement_seconds_total', page, durationMs))
  if (isSale(event)) increments.push(increment('revenue_total', { currency: currencyLabel }, priceMicros))
  if (pageLabel === OTHER) increments.push(increment('label_overflow_total', { label: 'page' }))
  if (currencyLabel === OTHER) increments.push(increment('label_overflow_total', { label: 'currency' }))
  return increments
}

/** What a session adds when it closes. */
export function ofClosed(session: Session, options: ReferenceOptions): Increment[] {
  const visit = entryAndExitOf(session)
  const paymentMs = checkoutToPurchaseOf(session)
  const increments = [
    increment('sessions_closed_total'),
    ...ofObservation('session_duration_seconds', durationOf(session), 1_000),
    ...ofObservation('session_page_views', pageViewsOf(session), 1),
  ]
  const bounced = (definition: string): void => {
    increments.push(increment('sessions_bounced_total', { definition }))
  }
  if (isSinglePage(session)) bounced('single_page')
  if (isWithoutInteraction(session)) bounced('no_interaction')
  if (!isEngaged(session, options)) bounced('ga4')
  for (const event of new Set(session.events.map(({ type }) => type))) {
    increments.push(increment('sessions_with_event_total', { event }))
  }
  if (visit !== undefined) {
    increments.push(increment('session_entries_total', { page: visit.entry }))
    increments.push(increment('session_exits_total', { page: visit.exit }))
  }
  for (const funnel of options.funnels) {
    for (const { name } of funnel.steps.slice(0, stepsReachedIn(session, funnel))) {
      increments.push(increment('funnel_sessions_total', { funnel: funnel.name, step: name }))
    }
  }
  if (paymentMs !== undefined) increments.push(...ofObservation('checkout_to_purchase_seconds', paymentMs, 1_000))
  return increments
}

const DAY_MS = 24 * 60 * 60 * 1_000

/** What a session that has not closed adds for as long as it is open. */
export function ofOpen(session: Session, watermarkMs: number): Increment[] {
  const increments = [increment('sessions_open')]
  if (startOf(session) <= watermarkMs) increments.push(increment('sessions_started_total'))
  if (startOf(session) + DAY_MS <= watermarkMs) increments.push(increment('sessions_open_over_24h'))
  return increments
}

function ofObservation(name: HistogramName, value: number, perUnit: number): Increment[] {
  const bounds: readonly number[] = BOUNDS[name]
  const reached = [...bounds.filter((bound) => value <= bound * perUnit).map(String), '+Inf']
  return [
    ...reached.map((le) => increment(`${name}_bucket`, { le })),
    increment(`${name}_sum`, {}, value),
    increment(`${name}_count`),
  ]
}
