import { describe, expect, test } from 'vitest'
import { Distribution } from '../../consumer/profile/distribution.ts'

function distributionOf(values: Iterable<number>): Distribution {
  const distribution = new Distribution()
  for (const value of values) distribution.add(value)
  return distribution
}

describe('a distribution', () => {
  test('of few values has the nearest ranks', () => {
    expect(distributionOf([30, 10, 0, 20]).summary()).toEqual({
      count: 4,
      zeros: 1,
      min: 0,
      mean: 15,
      p50: 10,
      p90: 30,
      p99: 30,
      max: 30,
      exact: true,
    })
  })

  test('shows its values in the unit asked for', () => {
    expect(distributionOf([1500, 2500]).summary(1000)).toMatchObject({ min: 1.5, mean: 2, max: 2.5, p50: 1.5 })
  })

  test('of nothing says nothing', () => {
    const zeros = { zeros: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 }
    expect(distributionOf([]).summary()).toEqual({ count: 0, ...zeros, exact: true })
    expect(distributionOf([]).quantile(0.5)).toBeNaN()
  })

  test('takes a value many times at once', () => {
    const many = new Distribution()
    many.add(7, 3)
    many.add(0, 2)
    expect(many.summary()).toEqual(distributionOf([7, 7, 7, 0, 0]).summary())
  })

  test('is exact up to 100,000 values and then says that it is not', () => {
    const values = Array.from({ length: 100_000 }, (_, index) => index + 1)
    const distribution = distributionOf(values)
    expect(distribution.isExact).toBe(true)
    expect(distribution.quantile(0.5)).toBe(50_000)
    distribution.add(100_001)
    expect(distribution.isExact).toBe(false)
    expect(Math.abs(distribution.quantile(0.5) / 50_001 - 1)).toBeLessThanOrEqual(0.01)
    expect(distribution.summary()).toMatchObject({ count: 100_001, min: 1, max: 100_001, mean: 50_001 })
  })

  test('keeps small whole numbers exact in any case', () => {
    for (let value = 1; value < 49; value++) {
      const distribution = distributionOf([1])
      distribution.add(value, 150_000)
      distribution.add(1_000_000)
      expect(distribution.quantile(0.5)).toBe(value)
    }
  })
})
