import { describe, expect, test } from 'vitest'
import { partitionOf } from '../../consumer/contract/partitioner.ts'
import { NO_DISORDER } from '../../consumer/settings/disorders.ts'
import type { ScenarioName } from '../../consumer/settings/scenario-names.ts'
import { createEffects } from '../../producer/faults/create-effects.ts'
import { loadTrafficModel } from '../../producer/journeys/model.ts'
import { createTraffic } from '../../producer/journeys/traffic.ts'
import { PartitionOracle } from '../../producer/oracle/partition-oracle.ts'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'

const PARTITIONS = 4
const LATENESS_MS = 5_000
/** Longer than the slowest payment of `payment-slow`. */
const GAP_MS = 60_000
const ROOM_FOR_PAGES = 40

type Series = Map<string, number>

interface Words {
  /** Throughout; without one the day is undisturbed. */
  readonly scenario?: ScenarioName
  readonly eventsPerSecond?: number
  readonly dropBots?: boolean
}

/** Five minutes of traffic as the series of each partition. */
function shown({ scenario, eventsPerSecond = 100, dropBots = false }: Words): Series[] {
  const startMs = at('09:00:00')
  const endMs = at('09:05:00')
  const traffic = createTraffic({
    seed: 1,
    run: 1,
    model: loadTrafficModel(),
    dialect: 'user-events',
    visitors: 10_000,
    load: { eventsPerSecond },
    startMs,
    partitions: PARTITIONS,
    allowedLatenessMs: LATENESS_MS,
    effects: createEffects({
      disorder: NO_DISORDER,
      scenarios: scenario === undefined ? [] : [{ name: scenario, fromMs: startMs, toMs: endMs }],
    }),
  })
  const options = {
    ...aReferenceRun({ gapMs: GAP_MS, allowedLatenessMs: LATENESS_MS, dropBots }),
    dialect: 'user-events',
    pages: [],
    maxPages: ROOM_FOR_PAGES,
    defaultCurrency: '',
    maxRecordBytes: 1_048_576,
  } as const
  const oracles = Array.from({ length: PARTITIONS }, () => ({ oracle: new PartitionOracle(options), offset: 0 }))
  for (const { key, value, timeMs } of traffic.take(Number.POSITIVE_INFINITY, endMs)) {
    const partition = oracles[partitionOf(Buffer.from(key), PARTITIONS)]!
    partition.oracle.take({ offset: partition.offset++, value, logTimeMs: timeMs })
  }
  return oracles.map(({ oracle }) => oracle.series())
}

/** Sum over the partitions of every series whose name begins so. */
const sumOf = (partitions: readonly Series[], start: string): number =>
  partitions
    .flatMap((series) => [...series])
    .filter(([name]) => name.startsWith(`clickstream_${start}`))
    .reduce((sum, [, value]) => sum + value, 0)

const calm = shown({})
const known = new Map<ScenarioName, Series[]>()

function shownUnder(scenario: ScenarioName): Series[] {
  const series = known.get(scenario) ?? shown({ scenario })
  known.set(scenario, series)
  return series
}

/** Sum under disturbance, for each 1 without. */
const ratio = (disturbed: readonly Series[], start: string, undisturbed = calm): number =>
  sumOf(disturbed, start) / sumOf(undisturbed, start)
const meanPayment = (shown: readonly Series[]): number =>
  sumOf(shown, 'checkout_to_purchase_seconds_sum') / sumOf(shown, 'checkout_to_purchase_seconds_count')

test('an undisturbed day has nothing dropped or rejected, and enough of everything to compare with', () => {
  expect(sumOf(calm, 'events_dropped_total') + sumOf(calm, 'records_rejected_total')).toBe(0)
  expect(sumOf(calm, 'records_consumed_total')).toBeGreaterThan(20_000)
  expect(sumOf(calm, 'events_total{event="purchase"}')).toBeGreaterThan(100)
  expect(sumOf(calm, 'checkout_to_purchase_seconds_count')).toBeGreaterThan(50)
})

describe('each scenario shows as the page says, and leaves the rest alone', () => {
  test.each<[scenario: ScenarioName, ratios: Record<string, readonly [least: number, most: number]>]>([
    [
      'checkout-outage',
      {
        'events_total{event="purchase"}': [0, 0],
        revenue_total: [0, 0],
        'events_total{event="checkout"}': [0.85, 1.15],
        page_views_total: [0.9, 1.1],
        sessions_started_total: [0.9, 1.1],
      },
    ],
    [
      'payment-slow',
      {
        'events_total{event="purchase"}': [0.8, 1.1],
        revenue_total: [0.75, 1.2],
        records_consumed_total: [0.95, 1.05],
      },
    ],
    [
      'viral-spike',
      {
        sessions_started_total: [6.5, 9.5],
        'session_entries_total{page="/product/:id"}': [10, 100],
        'sessions_bounced_total{definition="single_page"}': [10, 100],
        'sessions_bounced_total{definition="no_interaction"}': [10, 100],
        'sessions_bounced_total{definition="ga4"}': [10, 100],
      },
    ],
    ['traffic-drop', { events_total: [0.08, 0.13], sessions_started_total: [0.08, 0.13] }],
    [
      'late-burst',
      { events_total: [0.55, 0.65], records_consumed_total: [1, 1], watermark_timestamp_seconds: [0.999, 1] },
    ],
    ['clock-skew', { events_total: [0.62, 0.78], records_consumed_total: [1, 1] }],
    ['malformed-flood', { events_total: [0.68, 0.72], records_consumed_total: [1, 1] }],
    ['cardinality-attack', { page_views_total: [1, 1], sessions_closed_total: [1, 1], revenue_total: [1, 1] }],
    ['poison-clock', { events_total: [0.99, 0.9999], sessions_closed_total: [0.99, 1] }],
  ])('%s', (scenario, ratios) => {
    const disturbed = shownUnder(scenario)
    for (const [start, [least, most]] of Object.entries(ratios)) {
      const found = ratio(disturbed, start)
      expect([start, found, found >= least && found <= most]).toStrictEqual([start, found, true])
    }
  })

  test('payment-slow by 20 s on average', () => {
    const slower = meanPayment(shownUnder('payment-slow')) - meanPayment(calm)
    expect(slower).toBeGreaterThan(17)
    expect(slower).toBeLessThan(23)
  })

  describe('bot-storm', () => {
    // Of little traffic: the bots make dozens of times as much.
    const few = { eventsPerSecond: 25 }
    const people = shown(few)

    test('in page views and sessions, and in no purchase', () => {
      const stormed = shown({ ...few, scenario: 'bot-storm' })
      expect(ratio(stormed, 'page_views_total', people)).toBeGreaterThan(10)
      expect(ratio(stormed, 'session_page_views_sum', people)).toBeGreaterThan(10)
      expect(ratio(stormed, 'sessions_started_total', people)).toBeGreaterThan(1.5)
      const purchases = ratio(stormed, 'sessions_with_event_total{event="purchase"}', people)
      expect(purchases).toBeGreaterThan(0.6)
      expect(purchases).toBeLessThan(1.6)
    })

    test('in nothing but dropped bots where bots are dropped', () => {
      const stormed = shown({ ...few, scenario: 'bot-storm', dropBots: true })
      expect(sumOf(stormed, 'events_dropped_total{reason="bot"}')).toBeGreaterThan(50_000)
      for (const start of ['page_views_total', 'sessions_started_total', 'session_page_views_sum']) {
        expect(ratio(stormed, start, people)).toBeGreaterThan(0.8)
        expect(ratio(stormed, start, people)).toBeLessThan(1.25)
      }
    })
  })

  test.each<[scenario: ScenarioName, counted: string, least: number, most: number]>([
    ['late-burst', 'events_dropped_total{reason="late"}', 0.37, 0.43],
    ['duplicate-storm', 'events_dropped_total{reason="duplicate"}', 0.36, 0.39],
    ['clock-skew', 'events_dropped_total{reason="late"}', 0.22, 0.38],
    ['malformed-flood', 'records_rejected_total', 0.28, 0.32],
    ['poison-clock', 'records_rejected_total{reason="future_dated"}', 0.00001, 0.01],
  ])('%s in the share of the records that is dropped or rejected, all under %s', (scenario, counted, least, most) => {
    const disturbed = shownUnder(scenario)
    const share = sumOf(disturbed, counted) / sumOf(disturbed, 'records_consumed_total')
    expect(share).toBeGreaterThan(least)
    expect(share).toBeLessThan(most)
    const refused = sumOf(disturbed, 'events_dropped_total') + sumOf(disturbed, 'records_rejected_total')
    expect(refused).toBe(sumOf(disturbed, counted))
  })

  test('duplicate-storm in no other number at all', () => {
    const others = (partitions: readonly Series[]) =>
      partitions.map((series) =>
        [...series].filter(([name]) => !/records_consumed|events_dropped|position_offset/.test(name)).sort(),
      )
    expect(others(shownUnder('duplicate-storm'))).toStrictEqual(others(calm))
  })

  test('cardinality-attack in labels up to the limit, and what is beyond it', () => {
    const disturbed = shownUnder('cardinality-attack')
    expect(sumOf(calm, 'label_overflow_total')).toBe(0)
    for (const series of disturbed) {
      const limit = series.get('clickstream_label_values_limit{label="page"}')
      expect(series.get('clickstream_label_values{label="page"}')).toBe(limit)
      expect(series.get('clickstream_label_overflow_total{label="page"}')).toBeGreaterThan(1_000)
      expect(series.get('clickstream_page_views_total{page="__other__"}')).toBeGreaterThan(1_000)
    }
  })

  test('silent-partition in that nobody comes there, and about as many as ever to the others', () => {
    const [silent, ...others] = shownUnder('silent-partition')
    const [, ...calmOthers] = calm
    expect(sumOf([silent!], 'records_consumed_total')).toBe(0)
    const elsewhere = sumOf(others, 'sessions_started_total') / sumOf(calmOthers, 'sessions_started_total')
    expect(elsewhere).toBeGreaterThan(0.85)
    expect(elsewhere).toBeLessThan(1.15)
  })
})
