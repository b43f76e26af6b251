import { describe, expect, test } from 'vitest'
import { newPartitionState } from '../../consumer/core/state.ts'
import { stateFamilies } from '../../consumer/expose/state-families.ts'
import { Judge } from '../../producer/oracle/judge.ts'
import { LabelGuard } from '../../producer/oracle/label-guard.ts'
import {
  type LoggedRecord,
  ORACLE_FAMILIES,
  type OracleOptions,
  PartitionOracle,
  totalsOf,
} from '../../producer/oracle/partition-oracle.ts'
import { WaitingSessions } from '../../producer/oracle/waiting-sessions.ts'
import { aClickEvent, asUserEventsJson, at, type ClickEventWords } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { bothCount, coreOptionsOf, oracleSeries } from '../oracle-run.ts'
import { anOracleRun } from '../reference-series.ts'

const OPTIONS = anOracleRun(aReferenceRun({ allowedLatenessMs: 0, futureToleranceMs: 0, aheadMs: 864_000_000 }))

const logOf = (words: readonly ClickEventWords[]): LoggedRecord[] =>
  words.map(aClickEvent).map((event, offset) => ({
    offset,
    value: asUserEventsJson(event),
    logTimeMs: event.logTimeMs,
  }))

/** The series whose names begin with one of these, from a log that the core counts the same way. */
function shown(log: readonly LoggedRecord[], names: readonly string[], options: Partial<OracleOptions> = {}) {
  const { oracle, core } = bothCount(log, { ...OPTIONS, ...options })
  expect(oracle).toStrictEqual(core)
  return Object.fromEntries(
    Object.entries(oracle)
      .filter(([series]) => names.some((name) => series.startsWith(`clickstream_${name}`)))
      .map(([series, value]) => [series.slice('clickstream_'.length), value]),
  )
}

test('the families are those the exporter derives from its state', () => {
  const families = stateFamilies(newPartitionState(coreOptionsOf(OPTIONS)).counters.cells)
  expect([...ORACLE_FAMILIES].sort()).toStrictEqual(families.map(({ name }) => name).sort())
})

test('nothing counted leaves the room for labels', () => {
  expect(Object.fromEntries(oracleSeries([], OPTIONS))).toStrictEqual({
    'clickstream_label_values{label="page"}': 2,
    'clickstream_label_values{label="currency"}': 2,
    'clickstream_label_values_limit{label="page"}': 102,
    'clickstream_label_values_limit{label="currency"}': 34,
  })
})

test('the position is the offset after the last record, whatever was left out before', () => {
  const [record] = logOf([{ at: '09:00:00' }])
  expect(shown([{ ...record!, offset: 41 }], ['position'])).toStrictEqual({ position_offset: 42 })
})

test('records out of log order are refused', () => {
  const [first, second] = logOf([{ at: '09:00:00' }, { at: '09:00:01' }])
  const oracle = new PartitionOracle(OPTIONS)
  oracle.take(second!)
  expect(() => oracle.take(first!)).toThrow('offset 0: give the records in log order')
})

test('a label value is written as the page writes it', () => {
  const page = '/say "hi"\\\n'
  expect(shown(logOf([{ at: '09:00:00', page }]), ['page_views'])).toStrictEqual({
    'page_views_total{page="/say \\"hi\\"\\\\\\n"}': 1,
  })
})

describe('pages beyond the room', () => {
  const visit: ClickEventWords[] = [
    { at: '09:00:00', page: '/known' },
    { at: '09:00:01', page: '/first' },
    { at: '09:00:02', page: '/second' },
    { at: '09:00:03', page: '/third', durationMs: 1_500 },
    { at: '09:00:03', page: '/first' },
    { at: '12:00:00', user: 'bob', page: '/known' },
  ]
  const options = {
    pages: ['https://shop.example/known/'],
    maxPages: 1,
    funnels: [{ name: 'read', steps: [{ name: 'third', event: 'page_view' as const, page: '/thi*' }] }],
  }

  test('count under one label, also as the last page of a session, and each time as overflow', () => {
    const names = ['page_views', 'page_engagement', 'session_entries', 'session_exits', 'label_']
    expect(shown(logOf(visit), names, options)).toStrictEqual({
      'page_views_total{page="/known"}': 2,
      'page_views_total{page="/first"}': 2,
      'page_views_total{page="__other__"}': 2,
      'page_engagement_seconds_total{page="__other__"}': 1.5,
      'session_entries_total{page="/known"}': 1,
      'session_exits_total{page="__other__"}': 1,
      'label_overflow_total{label="page"}': 2,
      'label_values{label="page"}': 4,
      'label_values{label="currency"}': 2,
      'label_values_limit{label="page"}': 4,
      'label_values_limit{label="currency"}': 34,
    })
  })

  test('are steps of a funnel by their own name', () => {
    expect(shown(logOf(visit), ['funnel'], options)).toStrictEqual({
      'funnel_sessions_total{funnel="read",step="third"}': 1,
    })
  })

  test('that are called as the label for none are not the pages nobody named', () => {
    const funnels = [{ name: 'any', steps: [{ name: 'some', event: 'page_view' as const, page: '*' }] }]
    const unnamed = logOf([
      { at: '09:00:00', page: undefined },
      { at: '12:00:00', user: 'bob' },
    ])
    expect(shown(unnamed, ['funnel'], { funnels })).toStrictEqual({})
    const named = logOf([
      { at: '09:00:00', page: '__none__' },
      { at: '12:00:00', user: 'bob' },
    ])
    expect(shown(named, ['funnel'], { funnels })).toStrictEqual({
      'funnel_sessions_total{funnel="any",step="some"}': 1,
    })
  })
})

describe('a session', () => {
  const ending = (at: string): ClickEventWords => ({ at, user: 'bob', type: 'scroll' })

  test.each([
    ['09:30:00.000', 0, 2],
    ['09:30:00.001', 1, 1],
  ])('of 09:00 at a watermark of %s: %i closed, %i open', (time, closed, open) => {
    const series = shown(logOf([{ at: '09:00:00' }, ending(time)]), [
      'sessions_closed',
      'sessions_open',
      'sessions_started',
    ])
    expect(series).toStrictEqual({
      ...(closed > 0 && { sessions_closed_total: closed }),
      sessions_open: open,
      sessions_started_total: 2,
    })
  })

  test.each([
    ['32:59:59.999', {}],
    ['33:00:00.000', { sessions_open_over_24h: 1 }],
  ])('open since 09:00 the day before, at %s', (time, expected) => {
    const log = logOf([{ at: '09:00:00' }, ending(time)])
    expect(shown(log, ['sessions_open_over'], { gapMs: 172_800_000 })).toStrictEqual(expected)
  })

  test.each([
    ['at a bound is within it', '09:00:01.000', { 'session_duration_seconds_bucket{le="1"}': 1 }],
    ['1 ms beyond it is not', '09:00:01.001', {}],
  ])('that lasts as long as %s', (_, time, expected) => {
    const log = logOf([{ at: '09:00:00' }, { at: time }, { at: '12:00:00', user: 'bob' }])
    expect(shown(log, ['session_duration_seconds_bucket{le="1"}'])).toStrictEqual(expected)
  })
})

test('a sum of money is exact beyond what one double of millionths holds', () => {
  const oracle = new PartitionOracle(OPTIONS)
  const prices = [8_999_999_999_999_999n, 8_999_999_999_999_999n, ...Array.from({ length: 1_000 }, () => 1n)]
  for (const [offset, priceMicros] of prices.entries()) {
    const event = aClickEvent({ at: '09:00:00', type: 'purchase', currency: 'EUR', priceMicros })
    oracle.take({ offset, value: asUserEventsJson(event), logTimeMs: event.logTimeMs })
  }
  expect(oracle.series().get('clickstream_revenue_total{currency="EUR"}')).toBe(18_000_000_000.001)
  expect(prices.reduce((sum, micros) => sum + Number(micros), 0) / 1e6).toBe(18_000_000_000)
})

test('totals are those of each counter, histograms by sum and count, 0 where nothing was counted', () => {
  const log = logOf([
    { at: '09:00:00', page: '/a' },
    { at: '09:00:02.500', page: '/b' },
    { at: '12:00:00', user: 'bob', type: 'click' },
  ])
  const totals = totalsOf(oracleSeries(log, OPTIONS))
  expect(Object.fromEntries(totals)).toMatchObject({
    clickstream_records_consumed_total: 3,
    clickstream_events_total: 3,
    clickstream_page_views_total: 2,
    clickstream_clicks_total: 1,
    clickstream_revenue_total: 0,
    clickstream_session_duration_seconds_sum: 2.5,
    clickstream_session_duration_seconds_count: 1,
    clickstream_checkout_to_purchase_seconds_count: 0,
  })
  const families = stateFamilies(newPartitionState(coreOptionsOf(OPTIONS)).counters.cells)
  const counters = families.flatMap(({ name, type }) =>
    type === 'counter' ? [name] : type === 'histogram' ? [`${name}_sum`, `${name}_count`] : [],
  )
  expect([...totals.keys()].sort()).toStrictEqual(counters.sort())
})

describe('a run of any length keeps', () => {
  const LENGTH = 100_000
  const event = (index: number) => ({
    ...aClickEvent({ at: '09:00:00', id: `e${index}`, user: String(index % 50) }),
    timeMs: at('09:00:00') + index * 100,
    logTimeMs: at('09:00:00') + index * 100,
  })

  test('only the ids that a copy could still be a duplicate of, or twice as many', () => {
    const judge = new Judge({ ...OPTIONS, allowedLatenessMs: 60_000 })
    let most = 0
    for (let index = 0; index < LENGTH; index++) {
      judge.verdictOn(event(index))
      most = Math.max(most, judge.keptIds)
    }
    expect(most).toBeLessThanOrEqual(10_000)
    expect(judge.verdictOn(event(LENGTH - 600))).toBe('duplicate')
  })

  test('only the events of sessions that have not closed', () => {
    const sessions = new WaitingSessions({ ...OPTIONS, gapMs: 1_000 })
    const labels = new LabelGuard([], 1)
    let closed = 0
    let most = 0
    const settle = (index: number) => sessions.settle(event(index).timeMs, () => closed++)
    for (let index = 0; index < LENGTH; index++) {
      sessions.add(labels.labelled(event(index)))
      most = Math.max(most, sessions.waiting)
      if (sessions.isDue) settle(index)
    }
    const open = settle(LENGTH - 1)
    expect(most).toBe(10_000)
    expect([closed, open.length, sessions.waiting]).toStrictEqual([LENGTH - 11, 11, 11])
  })
})
