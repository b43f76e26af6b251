import { describe, expect, test } from 'vitest'
import { compare } from '../../commands/verify/comparison.ts'

const VIEWS = 'clickstream_page_views_total'
const OPEN = 'clickstream_sessions_open'
const METRICS = [VIEWS, OPEN]

const series = (...partitions: Record<string, number>[]) =>
  new Map(partitions.map((values, partition) => [partition, new Map(Object.entries(values))]))

describe('a comparison', () => {
  const page = { [`${VIEWS}{page="/"}`]: 7, [`${VIEWS}{page="/cart"}`]: 2, [OPEN]: 3 }

  test('finds nothing when all are equal, and says how many there were', () => {
    const { differences, series: compared, totals } = compare(series(page, page), series(page, page), METRICS)
    expect({ differences, compared }).toEqual({ differences: [], compared: 6 })
    expect(totals).toEqual([
      { metric: VIEWS, expected: 18, exposed: 18, differing: 0 },
      { metric: OPEN, expected: 6, exposed: 6, differing: 0 },
    ])
  })

  test.each<[what: string, exposed: Record<string, number>, difference: object]>([
    ['a series that is missing', { ...page, [`${VIEWS}{page="/cart"}`]: 0 }, { expected: 2, exposed: 0 }],
    ['a series too many', { ...page, [`${VIEWS}{page="/new"}`]: 1 }, { expected: 0, exposed: 1 }],
    ['another value', { ...page, [OPEN]: 4 }, { expected: 3, exposed: 4 }],
    ['a value off by the last bit', { ...page, [OPEN]: 3 + 2 ** -51 }, { expected: 3, exposed: 3 + 2 ** -51 }],
    ['no number', { ...page, [OPEN]: Number.NaN }, { expected: 3, exposed: Number.NaN }],
  ])('finds %s', (_what, exposed, difference) => {
    expect(compare(series(page), series(exposed), METRICS).differences).toMatchObject([difference])
  })

  test('takes a series left out on either side for 0', () => {
    expect(compare(series({ [OPEN]: 0 }), series({}), METRICS).differences).toEqual([])
    expect(compare(series({}), series({ [OPEN]: 0 }), METRICS).differences).toEqual([])
  })

  test('finds a partition that is not shown at all', () => {
    const { differences } = compare(series(page, page), series(page), METRICS)
    expect(differences.map(({ partition }) => partition)).toEqual([1, 1, 1])
  })

  test('finds differences that cancel out in the totals', () => {
    const swapped = { ...page, [`${VIEWS}{page="/"}`]: 2, [`${VIEWS}{page="/cart"}`]: 7 }
    const { differences, totals } = compare(series(page), series(swapped), METRICS)
    expect(differences).toHaveLength(2)
    expect(totals[0]).toEqual({ metric: VIEWS, expected: 9, exposed: 9, differing: 2 })
  })

  test('has a row for a metric that it was not told of', () => {
    const { totals } = compare(series({ [OPEN]: 1 }), series({ [OPEN]: 1 }), [VIEWS])
    expect(totals).toEqual([
      { metric: VIEWS, expected: 0, exposed: 0, differing: 0 },
      { metric: OPEN, expected: 1, exposed: 1, differing: 0 },
    ])
  })
})
