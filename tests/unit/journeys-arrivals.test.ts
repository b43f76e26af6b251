import { describe, expect, test } from 'vitest'
import { NO_DISORDER } from '../../consumer/settings/disorders.ts'
import { createEffects } from '../../producer/faults/create-effects.ts'
import type { Effects } from '../../producer/faults/effects.ts'
import { type ArrivalOptions, createArrivals } from '../../producer/journeys/arrivals.ts'
import { createRandom } from '../../producer/random.ts'
import { START_MS } from './journeys-traffic-run.ts'

const undisturbed = createEffects({ disorder: NO_DISORDER, scenarios: [] }).at(START_MS)

function arrivalsBy(limitMs: number, options: Partial<ArrivalOptions> = {}, askEveryMs = limitMs): number[] {
  const arrivals = createArrivals({
    visitsPerSecond: 100,
    dayCurve: new Array(24).fill(1),
    startMs: START_MS,
    effects: { at: () => undisturbed },
    random: createRandom(7, 0),
    ...options,
  })
  const times: number[] = []
  for (let askedMs = 0; askedMs <= limitMs; askedMs += askEveryMs) {
    for (;;) {
      const timeMs = arrivals.nextBy(START_MS + askedMs)
      if (timeMs === Number.POSITIVE_INFINITY) break
      times.push(timeMs - START_MS)
      arrivals.take()
    }
  }
  return times
}

const within = (times: readonly number[], fromMs: number, toMs: number): number =>
  times.filter((timeMs) => timeMs >= fromMs && timeMs < toMs).length

/** Four standard deviations of a Poisson count. */
const around = (count: number): number => 4 * Math.sqrt(count)

describe('arrivals', () => {
  test('come at the rate that was asked for, in order, at whole milliseconds', () => {
    const times = arrivalsBy(1_000_000)
    expect(Math.abs(times.length - 100_000)).toBeLessThan(around(100_000))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.every(Number.isInteger)).toBe(true)
  })

  test('are as scattered as independent ones: counts of seconds vary as much as their mean', () => {
    const times = arrivalsBy(1_000_000)
    const counts = new Array<number>(1000).fill(0)
    for (const timeMs of times) if (timeMs < 1_000_000) counts[Math.floor(timeMs / 1000)]! += 1
    const variance = counts.reduce((sum, count) => sum + (count - 100) ** 2, 0) / counts.length
    expect(Math.abs(variance / 100 - 1)).toBeLessThan(4 * Math.sqrt(2 / counts.length))
  })

  test.each([1, 7, 100, 3333])('do not depend on asking every %d ms', (everyMs) => {
    expect(arrivalsBy(60_000 - (60_000 % everyMs), {}, everyMs)).toEqual(arrivalsBy(60_000 - (60_000 % everyMs)))
  })

  test('of less than one an hour are found', () => {
    const times = arrivalsBy(1000 * 3_600_000, { visitsPerSecond: 1 / 36_000 })
    expect(Math.abs(times.length - 100)).toBeLessThan(around(100))
  })

  test('none come at rate 0, however long one waits', () => {
    expect(arrivalsBy(1e15, { visitsPerSecond: 0 })).toEqual([])
  })

  test('follow the effects from the moment on when they begin', () => {
    const from = (effects: Partial<Effects>) => ({
      effects: { at: (timeMs: number) => ({ ...undisturbed, ...(timeMs >= START_MS + 50_000 && effects) }) },
    })
    const fewer = arrivalsBy(100_000, from({ arrivals: 0.1 }))
    expect(Math.abs(within(fewer, 0, 50_000) - 5000)).toBeLessThan(around(5000))
    expect(Math.abs(within(fewer, 50_000, 100_000) - 500)).toBeLessThan(around(500))
    const none = arrivalsBy(100_000, from({ arrivals: 0 }))
    expect(within(none, 50_000, 100_000)).toBe(0)
    const bots = arrivalsBy(100_000, from({ botVisits: 4 }))
    expect(Math.abs(within(bots, 50_000, 100_000) - 25_000)).toBeLessThan(around(25_000))
  })

  test('follow the day curve', () => {
    const dayCurve = Array.from({ length: 24 }, (_, hour) => (hour === 12 ? 24 : 0))
    const times = arrivalsBy(86_400_000, { visitsPerSecond: 0.1, dayCurve })
    expect(within(times, 0, 11 * 3_600_000) + within(times, 13 * 3_600_000, 86_400_000)).toBe(0)
    // From nothing at eleven to the peak at twelve: of the first half of this hour a quarter, of the second the rest.
    const firstHalf = within(times, 11 * 3_600_000, 11.5 * 3_600_000)
    expect(Math.abs(firstHalf - 8640 / 8)).toBeLessThan(around(8640 / 8))
    expect(Math.abs(times.length - 8640)).toBeLessThan(around(8640))
  })
})
