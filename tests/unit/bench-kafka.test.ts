import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { countWithPromClient, JUST_PARSE } from '../bench/kafka/alternatives.ts'
import {
  CONTESTANTS,
  type Contestant,
  EACH_BATCH,
  EACH_MESSAGE,
  FLOOR,
  OURS,
  OURS_APART,
  OURS_TWICE,
} from '../bench/kafka/contestants.ts'
import { cpuSecondsIn, cpuSecondsOf } from '../bench/kafka/cpu-time.ts'
import { figuresOf, orderOf, type Round, spreadOf } from '../bench/kafka/figures.ts'
import { goalsOf } from '../bench/kafka/goals.ts'
import { reportText } from '../bench/kafka/report.ts'
import { leftToRead, nextScrapeMs } from '../bench/kafka/scraped-consumer.ts'
import { parseExposition } from '../exposition.ts'

const EVENTS = 2_000_000

/** Reads two million events at so many CPU seconds each million, beside a start of one second. */
const aRound = (cpuSecondsPerMillion: number, readingSeconds = 4): Round => ({
  empty: { cpuSeconds: 1, wallSeconds: 3 },
  full: { cpuSeconds: 1 + 2 * cpuSecondsPerMillion, wallSeconds: 3 + readingSeconds },
})

const rounds = (perContestant: readonly (readonly [Contestant, readonly Round[]])[]) =>
  figuresOf(new Map(perContestant), EVENTS)

const figuresWith = (ours: number, twice: number, apart: number, eachBatch: number) =>
  rounds([
    [OURS, [aRound(ours)]],
    [OURS_TWICE, [aRound(twice)]],
    [OURS_APART, [aRound(2 * apart)]],
    [FLOOR, [aRound(2)]],
    [EACH_BATCH, [aRound(eachBatch)]],
    [EACH_MESSAGE, [aRound(5)]],
  ])

describe('CPU time', () => {
  test.each([
    ['node', '4242 (node) S 1 2 3 0 -1 4 100 200 0 0 310 45 9 9 20 0 11 0 5', 3.55],
    ['a name with blanks and brackets', '7 (a (b) c) R 1 2 3 0 -1 4 100 200 0 0 5 0 9 9 20 0 11 0 5', 0.05],
  ])('is user and system time of %s', (_name, stat, seconds) => {
    expect(cpuSecondsIn(stat)).toBeCloseTo(seconds)
  })

  test.runIf(process.platform === 'linux')('of this process is what Node says of it', () => {
    const before = process.cpuUsage()
    const seconds = cpuSecondsOf(process.pid)
    const after = process.cpuUsage()
    expect(seconds).toBeGreaterThan((before.user + before.system) / 1e6 - 0.03)
    expect(seconds).toBeLessThan((after.user + after.system) / 1e6 + 0.03)
  })
})

describe('the figures', () => {
  test('are of the events alone: what the start takes is taken off, in CPU and in time', () => {
    const [ours] = rounds([[OURS, [aRound(3, 5)]]])
    expect(ours!.cpuSecondsPerMillion.median).toBeCloseTo(3)
    expect(ours!.withStart.median).toBeCloseTo(3.5)
    expect(ours!.eventsPerSecondAndProcess.median).toBeCloseTo(EVENTS / 5)
  })

  test('compare within a round, so that a slow one weighs on both sides', () => {
    const [, other] = rounds([
      [OURS, [aRound(2), aRound(6), aRound(2)]],
      [EACH_BATCH, [aRound(3), aRound(9), aRound(4)]],
    ])
    expect(other!.toFirst).toEqual({
      median: expect.closeTo(1.5),
      min: expect.closeTo(1.5),
      max: expect.closeTo(2),
    })
  })

  test('share the speed among the processes, and add up their CPU time', () => {
    const [, twice] = rounds([
      [OURS, [aRound(3, 4)]],
      [OURS_TWICE, [aRound(3.3, 2)]],
    ])
    expect(twice!.eventsPerSecondAndProcess.median).toBeCloseTo(EVENTS / 4)
    expect(twice!.toFirst.median).toBeCloseTo(1.1)
  })

  test('are per event read: two that each read everything have read twice as many', () => {
    const [, apart] = rounds([
      [OURS, [aRound(3, 4)]],
      [OURS_APART, [aRound(6, 5)]],
    ])
    expect(apart!.cpuSecondsPerMillion.median).toBeCloseTo(3)
    expect(apart!.withStart.median).toBeCloseTo(3.25)
    expect(apart!.eventsPerSecondAndProcess.median).toBeCloseTo(EVENTS / 5)
  })

  test.each([
    [[3], { median: 3, min: 3, max: 3 }],
    [[9, 1, 2], { median: 2, min: 1, max: 9 }],
    [[4, 1, 2, 10], { median: 3, min: 1, max: 10 }],
  ])('of %o spread as %o', (values, spread) => {
    expect(spreadOf(values)).toEqual(spread)
  })

  test('come from rounds that each begin with another contestant and leave none out', () => {
    const orders = CONTESTANTS.map((_, round) => orderOf(CONTESTANTS, round))
    expect(new Set(orders.map(([first]) => first))).toEqual(new Set(CONTESTANTS))
    for (const order of orders) expect(new Set(order)).toEqual(new Set(CONTESTANTS))
    expect(orderOf(CONTESTANTS, CONTESTANTS.length)).toEqual([...CONTESTANTS])
  })
})

describe('the goals', () => {
  test.each([
    { ours: 3, twice: 3.2, apart: 3, eachBatch: 3.6, met: [true, true, true] },
    { ours: 3, twice: 3.4, apart: 3.3, eachBatch: 3.6, met: [true, false, true] },
    { ours: 3, twice: 3.4, apart: 3, eachBatch: 3.6, met: [true, false, false] },
    { ours: 3, twice: 3, apart: 3, eachBatch: 2.9, met: [false, true, true] },
  ])('with $ours, $twice in one group, $apart in two and $eachBatch of eachBatch are met: $met', (words) => {
    const { ours, twice, apart, eachBatch, met } = words
    expect(goalsOf(figuresWith(ours, twice, apart, eachBatch)).map((goal) => goal.met)).toEqual(met)
  })

  test('stand below a table with a line for each contestant', () => {
    const figures = figuresWith(3, 3.4, 3.1, 3.6)
    const lines = reportText(figures, goalsOf(figures)).split('\n')
    expect(lines[1]).toMatch(/^this consumer +3\.00 +\(3\.00-3\.00\) +3\.50 +500,000 +1\.00$/)
    expect(lines[2]).toMatch(/^two in one group +3\.40 .* 250,000 +1\.13$/)
    expect(lines.slice(1, 7).map((line) => line.slice(0, 24).trim())).toEqual(CONTESTANTS.map(({ name }) => name))
    expect(lines.at(-3)).toMatch(/^met .*\(to parse and no more takes 0\.56\): 0\.83$/)
    expect(lines.at(-2)).toMatch(/^missed two in one group .* times one: 1\.13$/)
    expect(lines.at(-1)).toMatch(/^met {4}two in one group .* share nothing: 1\.10$/)
  })
})

describe('the scrapes', () => {
  test.each([
    ['nothing is known yet', 1_200, 1_000_000, 1_000],
    ['most is left', 1_000, 900_000, 4_500],
    ['much more is left', 1_000, 990_000, 5_000],
    ['the end is near', 3_000, 250_000, 500],
    ['it is there', 3_000, 1, 100],
  ])('when %s after %d ms and %d of a million are left, the next comes in %d ms', (_when, elapsedMs, left, waitMs) => {
    expect(nextScrapeMs(elapsedMs, left, 1_000_000)).toBeCloseTo(waitMs)
  })

  const lagPage = (lags: Readonly<Record<number, number>>) =>
    parseExposition(
      Object.entries(lags)
        .map(
          ([partition, lag]) => `clickstream_kafka_consumer_lag_records{group="g",partition="${partition}"} ${lag}\n`,
        )
        .join(''),
    )

  test.each([
    ['one process', [lagPage({ 0: 5, 1: 0, 2: 7, 3: 0 })], 12],
    ['two processes', [lagPage({ 0: 0, 2: 0 }), lagPage({ 1: 0, 3: 0 })], 0],
    ['a partition nobody has yet', [lagPage({ 0: 0, 2: 0 }), lagPage({ 1: 0 })], 100],
  ])('tell what is left of 100 for %s', (_of, pages, left) => {
    expect(leftToRead(pages, 100)).toBe(left)
  })
})

describe('the alternatives', () => {
  const json = (words: object) => Buffer.from(JSON.stringify(words))

  test('parse each record', () => {
    expect(() => JUST_PARSE(json({ page: '/' }))).not.toThrow()
    expect(() => JUST_PARSE(Buffer.from('{'))).toThrow(SyntaxError)
    expect(() => JUST_PARSE(json({}))).toThrow(RangeError)
  })

  test.each([
    {
      shape: 'user-events',
      view: 'view',
      record: (user_id: number, action: string, minute: number) =>
        json({ user_id, page: '/', action, timestamp: minute * 60 }),
    },
    {
      shape: 'ecommerce',
      view: 'page_view',
      record: (user_id: number, event_type: string, minute: number) =>
        json({ user_id, page: '/', event_type, event_ts: new Date(minute * 60_000).toISOString() }),
    },
  ])('count $shape, and end a session when its user comes back after half an hour', async ({ view, record }) => {
    const registry = new Registry()
    const count = countWithPromClient(registry)
    count(record(1, view, 0))
    count(record(2, view, 1))
    count(record(2, view, 9))
    count(record(1, 'click', 31))
    count(record(2, 'click', 39))
    count(record(2, 'click', 70))
    const page = parseExposition(await registry.metrics())
    expect(page.get('events_total{event="click",page="/"}')).toBe(3)
    expect(page.get('sessions_closed_total')).toBe(2)
    expect(page.get('sessions_bounced_total')).toBe(1)
    expect(page.get('session_duration_seconds_sum')).toBe(38 * 60)
  })
})
