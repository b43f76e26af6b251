import { COUNTERS } from '../src/families.ts'
import type { Flow } from './flow.ts'
import { seriesName } from './series.ts'

/** What the counters of one partition are at one scrape, by series with the labels of its own. */
export type Counts = ReadonlyMap<string, number>

export interface HistoryOptions {
  readonly partitions: number
  /** Number of scrapes, and seconds between two. */
  readonly scrapes: number
  readonly every: number
  readonly flow: (seconds: number) => Flow
  /** From that second on the counters are those of a history that begins there, in all partitions. */
  readonly lostAt?: number
}

const PAYMENT_BOUNDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600]

/** The counters of a topic's partitions, whoever shows them: by scrape, then by partition. */
export function history({ partitions, scrapes, every, flow, lostAt }: HistoryOptions): readonly (readonly Counts[])[] {
  let sums = new Map<string, number>()
  return Array.from({ length: scrapes }, (_, scrape) => {
    const seconds = scrape * every
    if (lostAt !== undefined && seconds >= lostAt && seconds - every < lostAt) sums = new Map()
    for (const [series, count] of happened(flow(seconds))) sums.set(series, (sums.get(series) ?? 0) + count * every)
    return Array.from({ length: partitions }, () => shares(sums, partitions))
  })
}

function* happened(flow: Flow): Generator<[series: string, perSecond: number]> {
  const counter = (name: keyof typeof COUNTERS, ...values: string[]): string =>
    seriesName(`clickstream_${name}_total`, Object.fromEntries(COUNTERS[name].map((label, at) => [label, values[at]!])))
  for (const [event, count] of Object.entries(flow.events)) yield [counter('events', event), count]
  for (const [reason, count] of Object.entries(flow.dropped)) yield [counter('events_dropped', reason), count]
  for (const [reason, count] of Object.entries(flow.rejected)) yield [counter('records_rejected', reason), count]
  const { page_view: views = 0, click: clicks = 0, purchase = 0 } = flow.events
  yield [counter('page_views', '/'), views * 0.75]
  yield [counter('page_views', '/cart'), views * 0.25]
  yield [counter('clicks', '/'), clicks]
  yield [counter('label_overflow', 'page'), flow.overflowing]
  yield [counter('sessions_closed'), flow.sessions]
  for (const definition of ['single_page', 'ga4']) {
    yield [counter('sessions_bounced', definition), flow.sessions * flow.bounced]
  }
  yield [counter('sessions_with_event', 'purchase'), flow.sessions * flow.converted]
  yield [counter('funnel_sessions', 'purchase', 'view'), flow.sessions]
  yield [counter('funnel_sessions', 'purchase', 'cart'), flow.sessions * 0.5]
  yield [counter('funnel_sessions', 'purchase', 'purchase'), flow.sessions * flow.converted]
  yield [counter('revenue', 'EUR'), flow.revenue]
  for (const le of [...PAYMENT_BOUNDS, Number.POSITIVE_INFINITY]) {
    const bound = le === Number.POSITIVE_INFINITY ? '+Inf' : le
    const reached = flow.paymentSeconds <= le ? purchase : 0
    yield [seriesName('clickstream_checkout_to_purchase_seconds_bucket', { le: bound }), reached]
    // Sessions last a minute here.
    const ended = le >= 60 ? flow.sessions : 0
    yield [seriesName('clickstream_session_duration_seconds_bucket', { le: bound }), ended]
  }
  yield [seriesName('clickstream_session_duration_seconds_sum', {}), flow.sessions * 60]
  yield [seriesName('clickstream_session_duration_seconds_count', {}), flow.sessions]
}

const OUTCOMES = /^clickstream_(events|events_dropped|records_rejected)_total/

/** A partition's share in whole events, and the records it consumed: those of every outcome, to the unit. */
function shares(sums: ReadonlyMap<string, number>, partitions: number): Counts {
  // The sums are of fractions: what is whole but for rounding is whole.
  const counts = new Map([...sums].map(([series, sum]) => [series, Math.floor(sum / partitions + 1e-6)]))
  const consumed = [...counts].reduce((sum, [series, count]) => sum + (OUTCOMES.test(series) ? count : 0), 0)
  return counts.set('clickstream_records_consumed_total{}', consumed)
}
