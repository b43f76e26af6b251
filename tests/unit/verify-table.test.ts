import { describe, expect, test } from 'vitest'
import { type Comparison, compare } from '../../commands/verify/comparison.ts'
import { verdictJson, verdictTable } from '../../commands/verify/table.ts'
import { isPassed, type Verdict } from '../../commands/verify/verdict.ts'

const VIEWS = 'clickstream_page_views_total'
const REVENUE = 'clickstream_revenue_total'

const compared = (expected: Record<string, number>, exposed: Record<string, number>): Comparison =>
  compare(new Map([[0, new Map(Object.entries(expected))]]), new Map([[0, new Map(Object.entries(exposed))]]), [
    VIEWS,
    REVENUE,
  ])

const REAL = { [`${VIEWS}{page="/"}`]: 12_345, [`${REVENUE}{currency="EUR"}`]: 59_442.63 }

const aVerdict = (verdict: Partial<Verdict> = {}): Verdict => ({
  comparison: compared(REAL, REAL),
  families: 34,
  partitions: 4,
  seed: 1,
  events: 100_000,
  edgeEvents: 88,
  faults: [],
  remarks: [],
  ...verdict,
})

describe('a verdict for people', () => {
  test('has a row for each metric and passes when all are equal', () => {
    expect(verdictTable(aVerdict())).toBe(`metric                         expected    exposed  difference
clickstream_page_views_total     12,345     12,345           0
clickstream_revenue_total     59,442.63  59,442.63           0

verify: PASS, 34 families, 2 series equal; 100,000 events and 88 at the edges, 4 partitions, seed 1
`)
  })

  test('names what differs, and fails', () => {
    const comparison = compared(REAL, { ...REAL, [`${VIEWS}{page="/"}`]: 12_344, [`${VIEWS}{page="/\u001b[2J"}`]: 1 })
    expect(
      verdictTable(aVerdict({ comparison, partitions: 1 })),
    ).toBe(`metric                         expected    exposed  difference
clickstream_page_views_total     12,345     12,345           0  in 2 series
clickstream_revenue_total     59,442.63  59,442.63           0

series that differ                                       expected  exposed  difference
partition 0  clickstream_page_views_total{page="/"}        12,345   12,344          -1
partition 0  clickstream_page_views_total{page="/?[2J"}         0        1           1

verify: FAIL, 2 of 3 series differ; 100,000 events and 88 at the edges, 1 partition, seed 1
`)
  })

  test('lists twenty of the series that differ, and counts the rest', () => {
    const pages = Object.fromEntries(Array.from({ length: 1_025 }, (_, page) => [`${VIEWS}{page="/${page}"}`, 1]))
    const text = verdictTable(aVerdict({ comparison: compared(pages, {}) }))
    expect(text.match(/^partition 0 {2}/gm)).toHaveLength(20)
    expect(text).toContain('\nand 1,005 more; --format json lists them all\n')
  })

  test('fails when the log is not what was sent, though all numbers are those of the log', () => {
    const verdict = aVerdict({ faults: ['partition 1 holds 3 records, 4 were sent to it'], remarks: ['odd'] })
    expect(isPassed(verdict)).toBe(false)
    expect(verdictTable(verdict)).toContain(
      '\nwrong: partition 1 holds 3 records, 4 were sent to it\n\nnote: odd\n\nverify: FAIL, the log is not what was sent; ',
    )
  })
})

test('a verdict for programs holds every difference', () => {
  const comparison = compared(REAL, { [`${VIEWS}{page="/"}`]: 12_345 })
  expect(JSON.parse(verdictJson(aVerdict({ comparison })))).toEqual({
    verdict: 'fail',
    families: 34,
    series: 2,
    events: 100_000,
    edge_events: 88,
    partitions: 4,
    seed: 1,
    metrics: [
      { metric: VIEWS, expected: 12_345, exposed: 12_345, differing_series: 0 },
      { metric: REVENUE, expected: 59_442.63, exposed: 0, differing_series: 1 },
    ],
    differences: [{ partition: 0, series: `${REVENUE}{currency="EUR"}`, expected: 59_442.63, exposed: 0 }],
    faults: [],
    remarks: [],
  })
  expect(JSON.parse(verdictJson(aVerdict())).verdict).toBe('pass')
})
