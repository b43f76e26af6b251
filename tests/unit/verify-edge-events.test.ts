import { describe, expect, test } from 'vitest'
import { type EdgeRules, edgeEvents, edgeSpanMs } from '../../commands/verify/edge-events.ts'
import { edgeRecord, stepMsOf } from '../../commands/verify/edge-record.ts'
import { BUILT_IN_DIALECTS, type BuiltInDialect } from '../../consumer/contract/dialects.ts'
import { partitionOf } from '../../consumer/contract/partitioner.ts'
import { type OracleOptions, PartitionOracle } from '../../producer/oracle/partition-oracle.ts'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'

const RULES = {
  sessionGapMs: 1_800_000,
  allowedLatenessMs: 600_000,
  engagedAfterMs: 10_000,
  aheadLimitMs: 300_000,
  aheadUsers: 3,
}
const DIALECTS = Object.keys(BUILT_IN_DIALECTS) as BuiltInDialect[]
const LAST_TRAFFIC_MS = at('12:34:56.789')

const recordsOf = (dialect: BuiltInDialect, rules: EdgeRules = RULES, partitions = 1) =>
  edgeEvents({ ...rules, afterMs: LAST_TRAFFIC_MS, stepMs: stepMsOf(dialect), partitions }).map((event) =>
    edgeRecord(event, dialect),
  )

/** What an exporter of these rules shows after one event of some traffic and the edges of {@link RULES}. */
function seriesAfter(dialect: BuiltInDialect, rules: Partial<OracleOptions> = {}, edges = RULES): Map<string, number> {
  const oracle = new PartitionOracle({
    ...aReferenceRun(rules),
    dialect: 'auto',
    maxRecordBytes: 1_000_000,
    defaultCurrency: '',
    pages: [],
    maxPages: 10,
    ...rules,
  })
  const traffic = edgeRecord({ user: 1, type: 'page_view', timeMs: LAST_TRAFFIC_MS, page: '/' }, dialect)
  for (const [offset, { value }] of [traffic, ...recordsOf(dialect, edges)].entries()) {
    oracle.take({ offset, value, logTimeMs: LAST_TRAFFIC_MS + 365 * 86_400_000 })
  }
  return oracle.series()
}

describe.each(DIALECTS)('the edges of %s', (dialect) => {
  const exact = seriesAfter(dialect)
  const stepMs = stepMsOf(dialect)

  test('are all accepted but for those beyond the watermark and the copy', () => {
    expect(exact.get('clickstream_events_dropped_total{reason="late"}')).toBe(2)
    expect(exact.get('clickstream_events_dropped_total{reason="duplicate"}') ?? 0).toBe(dialect === 'rees46' ? 0 : 1)
    expect([...exact.keys()].filter((series) => series.includes('rejected'))).toEqual([])
  })

  test('leave open only the session whose end is one gap before the watermark, and later ones', () => {
    const crowd = RULES.aheadUsers + 1
    expect(exact.get('clickstream_sessions_open')).toBe(crowd + 3 + 2)
    // Of those, one begins at the watermark and has started, one a step after it.
    const closed = exact.get('clickstream_sessions_closed_total')!
    expect(exact.get('clickstream_sessions_started_total')).toBe(closed + 2 + 2)
  })

  test('leave open two sessions of about a day, one of them a step too short', () => {
    expect(exact.get('clickstream_sessions_open_over_24h')).toBe(1)
  })

  test.each<[rule: string, otherwise: Partial<OracleOptions>]>([
    ['a longer gap', { gapMs: RULES.sessionGapMs + stepMs }],
    ['a shorter gap', { gapMs: RULES.sessionGapMs - stepMs }],
    ['more lateness', { allowedLatenessMs: RULES.allowedLatenessMs + stepMs }],
    ['less lateness', { allowedLatenessMs: RULES.allowedLatenessMs - stepMs }],
    ['one more user ahead', { aheadUsers: RULES.aheadUsers + 1 }],
    ['one less user ahead', { aheadUsers: RULES.aheadUsers - 1 }],
    ['a wider limit ahead', { aheadMs: RULES.aheadLimitMs + stepMs }],
    ['a narrower limit ahead', { aheadMs: RULES.aheadLimitMs - stepMs }],
    ['later engagement', { engagedAfterMs: RULES.engagedAfterMs + stepMs }],
    ['earlier engagement', { engagedAfterMs: RULES.engagedAfterMs - stepMs }],
  ])('count differently under %s, by the least step there is', (_rule, otherwise) => {
    const other = seriesAfter(dialect, otherwise)
    const differing = [...exact].filter(([series, value]) => /_total/.test(series) && other.get(series) !== value)
    expect(differing).not.toEqual([])
  })
})

test('without any lateness limit nothing is late and nothing closes', () => {
  const series = seriesAfter(
    'records',
    { allowedLatenessMs: Number.POSITIVE_INFINITY },
    { ...RULES, allowedLatenessMs: Number.POSITIVE_INFINITY },
  )
  expect(series.has('clickstream_events_dropped_total{reason="late"}')).toBe(false)
  expect(series.has('clickstream_sessions_closed_total')).toBe(false)
})

test.each([1, 2, 50])('stream time follows them when it takes %i users', (aheadUsers) => {
  const series = seriesAfter('user-events', { aheadUsers }, { ...RULES, aheadUsers })
  const lastMs = Math.max(
    ...edgeEvents({ ...RULES, aheadUsers, afterMs: LAST_TRAFFIC_MS, stepMs: 1, partitions: 1 }).map(
      ({ timeMs }) => timeMs,
    ),
  )
  expect(series.get('clickstream_watermark_timestamp_seconds')).toBe((lastMs - RULES.allowedLatenessMs) / 1000)
})

test('every partition gets as many, from users of its own', () => {
  const keys = recordsOf('user-events', RULES, 3).map(({ key }) => key)
  const partitions = Map.groupBy(keys, (key) => partitionOf(Buffer.from(key), 3))
  expect([...partitions.values()].map(({ length }) => length)).toEqual(new Array(3).fill(recordsOf('records').length))
})

test('none is later than their span says', () => {
  const latest = Math.max(
    ...edgeEvents({ ...RULES, afterMs: LAST_TRAFFIC_MS, stepMs: 1, partitions: 2 }).map(({ timeMs }) => timeMs),
  )
  expect(latest).toBeLessThanOrEqual(LAST_TRAFFIC_MS + edgeSpanMs(RULES))
})
