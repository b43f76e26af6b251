import type { EventType } from '../consumer/contract/click-event.ts'
import type { ReferenceEvent, ReferenceOptions } from './reference/event.ts'
import { reference } from './reference/reference.ts'

const TYPES: Record<string, EventType> = { view: 'page_view' }

interface UserEvent {
  event_id?: string
  user_id: number | string
  session_id?: number
  page?: string
  action: string
  duration?: number
  timestamp: number
  price?: number
  currency?: string
}

/** A record of the dialect user-events as the reference takes it; ids in paths as the exporter labels them. */
export function referenceEventOf(record: UserEvent, logTimeMs: number): ReferenceEvent {
  return {
    ...(record.event_id !== undefined && { id: record.event_id }),
    user: String(record.user_id),
    ...(record.session_id !== undefined && { session: String(record.session_id) }),
    type: TYPES[record.action] ?? (record.action as EventType),
    ...(record.page !== undefined && { page: record.page.replace(/[?#].*$/, '').replace(/\/\d+(?=\/|$)/g, '/:id') }),
    timeMs: Math.round(record.timestamp * 1000),
    logTimeMs,
    ...(record.duration !== undefined && { durationMs: Math.round(record.duration * 1000) }),
    ...(record.price !== undefined && { priceMicros: BigInt(Math.round(record.price * 100)) * 10_000n }),
    ...(record.currency !== undefined && { currency: record.currency }),
  }
}

const BOUNDS = {
  session_duration_seconds: [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400],
  session_page_views: [0, 1, 2, 3, 4, 5, 8, 13, 21, 34, 55, 100],
  checkout_to_purchase_seconds: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600],
}

/**
 * Every state-derived counter that /metrics must show for one partition's log, zeros left out, as series -> value.
 * @param malformed records of the log that are no JSON, wherever they stand: they change nothing else
 */
export function referenceSeries(
  events: readonly ReferenceEvent[],
  options: ReferenceOptions,
  partition: { group: string; topic: string; partition: string },
  malformed = 0,
): Record<string, number> {
  const totals = reference(events, options)
  const series: Record<string, number> = {}
  const put = (name: string, labels: Record<string, string>, value: number): void => {
    const text = Object.entries({ ...labels, ...partition }).map(([label, text]) => `${label}="${text}"`)
    if (value !== 0) series[`clickstream_${name}{${text.join(',')}}`] = value
  }
  const putAll = (name: string, label: string, values: Iterable<readonly [string, number]>): void => {
    for (const [text, value] of values) put(name, { [label]: text }, value)
  }
  const histogram = (name: keyof typeof BOUNDS, values: readonly number[], perUnit: number): void => {
    for (const bound of BOUNDS[name]) {
      put(`${name}_bucket`, { le: String(bound) }, values.filter((value) => value <= bound * perUnit).length)
    }
    put(`${name}_bucket`, { le: '+Inf' }, values.length)
    put(`${name}_sum`, {}, values.reduce((sum, value) => sum + value, 0) / perUnit)
    put(`${name}_count`, {}, values.length)
  }
  put('records_consumed_total', {}, totals.consumed + malformed)
  putAll('events_total', 'event', Object.entries(totals.events))
  putAll('events_dropped_total', 'reason', Object.entries(totals.dropped))
  putAll('records_rejected_total', 'reason', Object.entries({ ...totals.rejected, malformed_json: malformed }))
  putAll('page_views_total', 'page', totals.pageViews)
  putAll('clicks_total', 'page', totals.clicks)
  putAll(
    'page_engagement_seconds_total',
    'page',
    [...totals.pageEngagementMs].map(([page, ms]) => [page, ms / 1000]),
  )
  put('sessions_started_total', {}, totals.sessionsStarted)
  put('sessions_closed_total', {}, totals.sessionsClosed)
  putAll('sessions_bounced_total', 'definition', Object.entries(totals.sessionsBounced))
  putAll('sessions_with_event_total', 'event', Object.entries(totals.sessionsWithEvent))
  putAll('session_entries_total', 'page', totals.sessionEntries)
  putAll('session_exits_total', 'page', totals.sessionExits)
  for (const [funnel, steps] of totals.funnelSessions) {
    for (const [step, count] of steps) put('funnel_sessions_total', { funnel, step }, count)
  }
  putAll(
    'revenue_total',
    'currency',
    [...totals.revenueMicros].map(([code, micros]) => [code, Number(micros) / 1e6]),
  )
  histogram('session_duration_seconds', totals.sessionDurationsMs, 1000)
  histogram('session_page_views', totals.sessionPageViews, 1)
  histogram('checkout_to_purchase_seconds', totals.checkoutToPurchaseMs, 1000)
  return series
}
