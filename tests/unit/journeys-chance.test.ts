import { describe, expect, test } from 'vitest'
import { dayFactor, normalised } from '../../producer/journeys/day-curve.ts'
import { exponential } from '../../producer/journeys/exponential.ts'
import { createPopularity } from '../../producer/journeys/popularity.ts'
import { createShares, HUNDREDTHS } from '../../producer/journeys/shares.ts'
import { createRandom } from '../../producer/random.ts'
import { shareOf, tolerance } from './journeys-traffic-run.ts'

describe('exponential waiting times', () => {
  const random = createRandom(7, 0)
  const times = Array.from({ length: 100_000 }, () => exponential(random))

  test.each([0.1, 0.5, 1, 2, 4])('are longer than %d as often as e^-x says', (limit) => {
    const expected = Math.exp(-limit)
    expect(Math.abs(shareOf(times, (time) => time > limit) - expected)).toBeLessThan(tolerance(expected, times.length))
  })

  test('have mean 1 and variance 1', () => {
    const mean = times.reduce((sum, time) => sum + time) / times.length
    const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / times.length
    expect(Math.abs(mean - 1)).toBeLessThan(4 / Math.sqrt(times.length))
    // The fourth central moment is 9, so the variance itself varies by 8 / n.
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(8 / times.length))
  })

  test('do not depend on the one before', () => {
    const after = times.filter((_, index) => index > 0 && times[index - 1]! > 1.5)
    const expected = Math.exp(-1)
    expect(Math.abs(shareOf(after, (time) => time > 1) - expected)).toBeLessThan(tolerance(expected, after.length))
  })
})

describe('popularity', () => {
  test('rank k is chosen 1/k times as often as the first', () => {
    const random = createRandom(7, 0)
    const popularity = createPopularity(50)
    const counts = new Array<number>(50).fill(0)
    for (let draw = 0; draw < 200_000; draw++) counts[popularity.rank(random)]! += 1
    const sum = counts.reduce((total, _, rank) => total + 1 / (rank + 1), 0)
    for (const [rank, count] of counts.entries()) {
      const expected = 1 / (rank + 1) / sum
      expect(Math.abs(count / 200_000 - expected)).toBeLessThan(tolerance(expected, 200_000))
    }
  })

  test('a single one is always chosen', () => {
    expect(createPopularity(1).rank(createRandom(7, 0))).toBe(0)
  })
})

describe('shares', () => {
  const shares = createShares([
    ['a', 33.33],
    ['b', 0.01],
    ['c', 66.66],
  ])

  test('each gets its hundredths of a percent', () => {
    const counts = Map.groupBy(
      Array.from({ length: HUNDREDTHS }, (_, at) => shares.at(at)),
      (name) => name,
    )
    expect([...counts].map(([name, chosen]) => [name, chosen.length])).toEqual([
      ['a', 3333],
      ['b', 1],
      ['c', 6666],
    ])
  })

  test('what is left over goes to the rest', () => {
    const withRest = createShares([['a', 99.99]], { value: 'rest' })
    expect([withRest.at(HUNDREDTHS - 2), withRest.at(HUNDREDTHS - 1)]).toEqual(['a', 'rest'])
  })

  test('shares that do not add up are refused', () => {
    expect(() => createShares([['a', 99]])).toThrow('percentages must add up to 100, not 99')
    expect(() => createShares([['a', 100.5]], { value: 'rest' })).toThrow('percentages must add up to 100, not 100.5')
  })
})

describe('the day curve', () => {
  const hour = (hours: number): number => hours * 3_600_000
  const curve = normalised(Array.from({ length: 24 }, (_, index) => (index < 12 ? 1 : 3)))

  test('has the mean 1', () => {
    expect(curve).toEqual(Array.from({ length: 24 }, (_, index) => (index < 12 ? 0.5 : 1.5)))
    expect(() => normalised(new Array(24).fill(0))).toThrow(RangeError)
  })

  test.each([
    ['a full hour', hour(3), 0.5],
    ['half past eleven in the morning, between two hours', hour(11.5), 1],
    ['shortly before midnight, on the way to the next day', hour(23.75), 0.75],
    ['midnight', hour(24), 0.5],
    ['another day', hour(24 * 19_000 + 14), 1.5],
    ['before 1970', hour(-1.5), 1.5],
  ])('%s', (_, timeMs, factor) => {
    expect(dayFactor(curve, timeMs)).toBeCloseTo(factor, 9)
  })
})
