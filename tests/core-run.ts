import { BUILT_IN_DIALECTS } from '../consumer/contract/dialects.ts'
import { CounterCells, HistogramCells, MoneyCells } from '../consumer/core/cells.ts'
import type { CoreOptions } from '../consumer/core/options.ts'
import { Pipeline } from '../consumer/core/pipeline.ts'
import { captureState, encodeState } from '../consumer/core/snapshot-codec.ts'
import type { PartitionState } from '../consumer/core/state.ts'
import type { ReferenceEvent, ReferenceOptions } from '../producer/oracle/event.ts'
import type { ReferenceTotals } from '../producer/oracle/reference.ts'
import { asUserEventsJson } from './builders.ts'

/** The core's options that mean what a reference run's options mean. */
export function coreOptions(options: ReferenceOptions): CoreOptions {
  return {
    dialect: BUILT_IN_DIALECTS['user-events'],
    maxRecordBytes: 1_048_576,
    sessionKey: options.sessionKey,
    defaultCurrency: '',
    dedupeRows: false,
    numbersAsStrings: false,
    allowedLatenessMs: options.allowedLatenessMs,
    futureToleranceMs: options.futureToleranceMs,
    aheadLimitMs: options.aheadMs,
    aheadUsers: options.aheadUsers,
    sessionGapMs: options.gapMs,
    pages: [],
    maxPages: 100,
    funnels: options.funnels,
    keyEvents: options.keyEvents,
    engagedAfterMs: options.engagedAfterMs,
    dropBots: options.dropBots,
  }
}

export const aReferenceRun = (options: Partial<ReferenceOptions> = {}): ReferenceOptions => ({
  gapMs: 1_800_000,
  allowedLatenessMs: 600_000,
  futureToleranceMs: 300_000,
  aheadMs: 300_000,
  aheadUsers: 3,
  sessionKey: 'user',
  funnels: [
    {
      name: 'purchase',
      steps: [
        { name: 'view', event: 'page_view' },
        { name: 'cart', event: 'add_to_cart' },
        { name: 'purchase', event: 'purchase' },
      ],
    },
  ],
  keyEvents: ['purchase'],
  engagedAfterMs: 10_000,
  dropBots: false,
  appendTime: true,
  ...options,
})

export function feed(pipeline: Pipeline, events: readonly ReferenceEvent[], appendTime: boolean): Pipeline {
  for (const event of events) {
    const json = asUserEventsJson(event)
    pipeline.process(json, 0, json.length, event.logTimeMs, appendTime)
  }
  return pipeline
}

export const run = (events: readonly ReferenceEvent[], options: ReferenceOptions): Pipeline =>
  feed(new Pipeline(coreOptions(options)), events, options.appendTime)

/** A state's totals as plain data: every cell by metric name, then by its label values; zeros left out. */
export function totals({ counters, sessions, clock }: PartitionState): Record<string, unknown> {
  const plain: Record<string, unknown> = {
    sessions_open: sessions.open,
    sessions_open_over_24h: counters.openOver24h,
    stream_time: clock.streamTimeMs,
    watermark: clock.watermarkMs,
  }
  for (const cells of counters.cells) {
    if (cells instanceof HistogramCells) {
      plain[cells.name] = [...cells.counts]
      plain[`${cells.name}_sum`] = cells.sum[0]
    } else if (cells instanceof MoneyCells) {
      plain[cells.name] = withoutZeros(
        cells.labels
          .rows()
          .map((row, at) => [row.join('/'), BigInt(cells.units[at]!) * 1_000_000n + BigInt(cells.micros[at]!)]),
      )
    } else if (cells instanceof CounterCells) {
      plain[cells.name] = withoutZeros(cells.labels.rows().map((row, at) => [row.join('/'), cells.values[at]!]))
    }
  }
  return plain
}

/** The same from the reference. Histograms need the core's bucket bounds, which are not what is being tested. */
export function referenceTotals(expected: ReferenceTotals, { counters }: PartitionState): Record<string, unknown> {
  const buckets = (cells: HistogramCells, values: readonly number[]): number[] => {
    const limits = [...cells.bounds.map((bound) => bound * cells.perUnit), Number.POSITIVE_INFINITY]
    return limits.map(
      (limit, at) => values.filter((value) => value <= limit && (at === 0 || value > limits[at - 1]!)).length,
    )
  }
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  return {
    sessions_open: expected.sessionsOpen,
    sessions_open_over_24h: expected.sessionsOpenOver24h,
    stream_time: expected.streamTimeMs,
    watermark: expected.watermarkMs,
    records_consumed_total: withoutZeros([['', expected.consumed]]),
    events_total: withoutZeros(Object.entries(expected.events)),
    events_dropped_total: withoutZeros(Object.entries(expected.dropped)),
    records_rejected_total: withoutZeros(Object.entries(expected.rejected)),
    page_views_total: withoutZeros([...expected.pageViews]),
    clicks_total: withoutZeros([...expected.clicks]),
    page_engagement_seconds_total: withoutZeros([...expected.pageEngagementMs]),
    sessions_started_total: withoutZeros([['', expected.sessionsStarted]]),
    sessions_closed_total: withoutZeros([['', expected.sessionsClosed]]),
    sessions_bounced_total: withoutZeros(Object.entries(expected.sessionsBounced)),
    sessions_with_event_total: withoutZeros(Object.entries(expected.sessionsWithEvent)),
    session_entries_total: withoutZeros([...expected.sessionEntries]),
    session_exits_total: withoutZeros([...expected.sessionExits]),
    funnel_sessions_total: withoutZeros(
      [...expected.funnelSessions].flatMap(([funnel, steps]) =>
        [...steps].map(([step, count]) => [`${funnel}/${step}`, count] as const),
      ),
    ),
    revenue_total: withoutZeros([...expected.revenueMicros]),
    session_duration_seconds: buckets(counters.durationMs, expected.sessionDurationsMs),
    session_duration_seconds_sum: expected.sessionDurationSumMs,
    session_page_views: buckets(counters.sessionPageViews, expected.sessionPageViews),
    session_page_views_sum: sum(expected.sessionPageViews),
    checkout_to_purchase_seconds: buckets(counters.paymentMs, expected.checkoutToPurchaseMs),
    checkout_to_purchase_seconds_sum: sum(expected.checkoutToPurchaseMs),
    label_overflow_total: {},
  }
}

export const snapshotOf = (pipeline: Pipeline, offset = 0): Uint8Array[] => [
  ...encodeState(captureState(pipeline.state, pipeline.options, offset)),
]

function withoutZeros<Value extends number | bigint>(
  entries: readonly (readonly [string, Value])[],
): Record<string, Value> {
  return Object.fromEntries(entries.filter(([, value]) => BigInt(value) !== 0n))
}
