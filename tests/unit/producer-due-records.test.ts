import { describe, expect, test } from 'vitest'
import { producer } from '../../commands/commands.ts'
import { countedRecords, type DueRecords, liveRecords } from '../../producer/due-records.ts'
import { eventClock } from '../../producer/event-clock.ts'
import { loadTrafficModel } from '../../producer/journeys/model.ts'
import type { Traffic } from '../../producer/journeys/traffic.ts'
import type { SyntheticRecord } from '../../producer/synthetic-record.ts'
import { syntheticTraffic } from '../../producer/synthetic-traffic.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)

/** The shop's traffic from noon on. */
function traffic(...flags: string[]): Traffic {
  const parsed = producer.parse(flags, {})
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  return syntheticTraffic(parsed.settings, loadTrafficModel(), { run: 1, startMs: START_MS })
}

/** Live records with a clock that stands where the test puts it: at noon, or a day later where there is much to make up for. */
function live(words: { rate?: number; speed?: number; durationMs?: number; skips?: boolean } = {}) {
  const { rate = 200, speed = 1, durationMs, skips = true } = words
  const time = { nowMs: speed === 1 ? START_MS : START_MS + 86_400_000 }
  const clock = eventClock({ speed, fromMs: START_MS, durationMs: undefined }, time.nowMs)
  const now = (): number => time.nowMs
  return { time, records: liveRecords({ traffic: traffic('--rate', `${rate}`), clock, now, durationMs, skips }) }
}

/** All that is due now. */
function due(records: DueRecords): SyntheticRecord[] {
  const all: SyntheticRecord[] = []
  do all.push(...(records.next() ?? []))
  while (records.isBehind)
  return all
}

const idsOf = (records: readonly SyntheticRecord[]): string[] =>
  records.map(({ value }) => JSON.parse(Buffer.from(value).toString()).event_id)

describe('live records', () => {
  test('come when they are due: not before, and none is forgotten', () => {
    const { time, records } = live()
    const all: SyntheticRecord[] = []
    for (let tick = 0; tick < 600; tick++) {
      time.nowMs += 100
      const now = due(records)
      for (const { timeMs } of now) {
        expect(timeMs).toBeLessThanOrEqual(time.nowMs)
        expect(timeMs).toBeGreaterThan(time.nowMs - 101)
      }
      all.push(...now)
    }
    expect(idsOf(all)).toEqual(idsOf(traffic().take(100_000, time.nowMs)))
    expect(all.length).toBeGreaterThan(6_000)
    expect(records.skipped).toBe(0)
  })

  test('are as many at any speed, their event times that much further apart', () => {
    const { time, records } = live({ speed: 60, skips: false })
    time.nowMs += 2_000
    const all = due(records)
    expect(idsOf(all)).toEqual(idsOf(traffic().take(100_000, START_MS + 120_000)))
  })

  test('come in batches of at most 5,000', () => {
    const { time, records } = live({ rate: 20_000 })
    time.nowMs += 4_000
    const sizes: number[] = []
    do sizes.push(records.next()!.length)
    while (records.isBehind)
    expect(sizes.length).toBeGreaterThan(1)
    expect(Math.max(...sizes)).toBe(5_000)
  })

  test('that nobody took for a minute are left out but for the last five seconds', () => {
    const { time, records } = live()
    time.nowMs += 60_000
    const all = due(records)
    for (const { timeMs } of all) expect(timeMs).toBeGreaterThanOrEqual(time.nowMs - 5_000)
    expect(all.length).toBeGreaterThan(500)
    expect(all.length + records.skipped).toBe(traffic().take(100_000, time.nowMs).length)
    time.nowMs += 1_000
    expect(due(records).length).toBeGreaterThan(50)
  })

  test('of a simulated past are never left out', () => {
    const { time, records } = live({ skips: false })
    time.nowMs += 60_000
    expect(due(records)).toHaveLength(traffic().take(100_000, time.nowMs).length)
    expect(records.skipped).toBe(0)
  })

  test('do not come while a clock that was set back catches up', () => {
    const { time, records } = live()
    time.nowMs += 30_000
    const before = due(records).at(-1)!.timeMs
    time.nowMs -= 2_000
    expect(due(records)).toEqual([])
    time.nowMs += 3_000
    expect(due(records)[0]!.timeMs).toBeGreaterThanOrEqual(before)
  })

  test('end with the duration', () => {
    const { time, records } = live({ durationMs: 10_000, skips: false })
    time.nowMs += 9_999
    expect(due(records).length).toBeGreaterThan(0)
    expect(records.next()).toEqual([])
    time.nowMs += 60_000
    const last = due(records)
    expect(last.every(({ timeMs }) => timeMs <= START_MS + 10_000)).toBe(true)
    expect(records.next()).toBe(undefined)
  })

  test('are none at a rate of 0', () => {
    const { time, records } = live({ rate: 0 })
    time.nowMs += 86_400_000
    expect(due(records)).toEqual([])
  })
})

describe('counted records', () => {
  test.each([1, 4_999, 5_000, 5_001, 12_345])('are %d, no more and no less', (events) => {
    const records = countedRecords(traffic(), events)
    const all: SyntheticRecord[] = []
    for (let batch = records.next(); batch !== undefined; batch = records.next()) {
      expect(batch.length).toBeLessThanOrEqual(5_000)
      all.push(...batch)
    }
    expect(idsOf(all)).toEqual(idsOf(traffic().take(events, Number.POSITIVE_INFINITY)))
    expect(records.next()).toBe(undefined)
  })

  test('of so many users hold that many at a time', () => {
    const all = traffic('--users', '300').take(60_000, Number.POSITIVE_INFINITY)
    const untilMs = all.at(-1)!.timeMs
    // Whoever is on the site does something at least every 24 s.
    const lately = new Set(all.filter(({ timeMs }) => timeMs > untilMs - 12_000).map(({ key }) => key))
    expect(lately.size).toBeGreaterThan(200)
    expect(lately.size).toBeLessThan(1_000)
  })
})
