import { describe, expect, test } from 'vitest'
import { shownAtEnds, shownConsumed, type Watching } from '../../commands/verify/exposed.ts'
import { metricsOf, shownPartitions } from '../../commands/verify/state-series.ts'
import { newPartitionState } from '../../consumer/core/state.ts'
import { stateFamilies } from '../../consumer/expose/state-families.ts'
import { ORACLE_FAMILIES } from '../../producer/oracle/partition-oracle.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

const FAMILIES = stateFamilies(newPartitionState(coreOptions(aReferenceRun())).counters.cells)
const METRICS = new Set(metricsOf(FAMILIES))

const pageOf = (positions: Readonly<Record<number, number>>): string =>
  Object.entries(positions)
    .map(([partition, at]) => `clickstream_position_offset{group="g",topic="t",partition="${partition}"} ${at}\n`)
    .join('')

/** Pages as they are served one time after the other, the last one for ever; a clock that runs a second a look. */
function watching(...served: readonly (readonly string[])[]): Watching & { readonly consumed: number[] } {
  let looks = 0
  const consumed: number[] = []
  return {
    venue: { pages: async () => served[Math.min(looks++, served.length - 1)]! },
    metrics: METRICS,
    patienceMs: 3_000,
    steadyNow: () => looks * 1_000,
    onConsumed: (records) => consumed.push(records),
    signal: new AbortController().signal,
    consumed,
  }
}

test('the families compared are those the oracle computes', () => {
  expect(new Set(FAMILIES.map(({ name }) => name))).toEqual(new Set(ORACLE_FAMILIES))
})

test('a page is taken apart by partition, without the labels that all series have', () => {
  const page = `# TYPE clickstream_page_views_total counter
clickstream_page_views_total{page="/a,b{} \\"c\\"",group="g",topic="t",partition="0"} 3
clickstream_sessions_open{group="g",topic="t",partition="11"} 2
clickstream_session_duration_seconds_bucket{le="+Inf",group="g",topic="t",partition="11"} 5
clickstream_caught_up{group="g",topic="t",partition="11"} 1
clickstream_commits_total 9
`
  expect(shownPartitions(page, METRICS)).toEqual(
    new Map([
      [0, new Map([['clickstream_page_views_total{page="/a,b{} \\"c\\""}', 3]])],
      [
        11,
        new Map([
          ['clickstream_sessions_open', 2],
          ['clickstream_session_duration_seconds_bucket{le="+Inf"}', 5],
        ]),
      ],
    ]),
  )
})

describe('waiting for the end', () => {
  test('takes each partition from the page that shows it there', async () => {
    const watched = watching([pageOf({ 0: 4 })], [pageOf({ 0: 7 }), pageOf({ 0: 4, 1: 9 })])
    const shown = await shownAtEnds(watched, [7, 9])
    expect([...shown].map(([partition, series]) => [partition, [...series.values()]])).toEqual([
      [0, [7]],
      [1, [9]],
    ])
    expect(watched.consumed).toEqual([4, 16])
  })

  test('is given up when nothing moves, and says which partition stands where', async () => {
    const stuck = shownAtEnds(watching([pageOf({ 0: 4, 2: 5 })]), [7, 9, 5])
    await expect(stuck).rejects.toThrow(
      'no progress for 3 s: partition 0 stands at 4 of 7, partition 1 is not shown of 9',
    )
  })

  test('goes on as long as anything moves', async () => {
    const slow = Array.from({ length: 8 }, (_, at) => [pageOf({ 0: Math.floor(at / 2) })])
    expect((await shownAtEnds(watching(...slow), [3])).size).toBe(1)
  })

  test('of a part looks at all partitions together', async () => {
    const watched = watching([pageOf({ 0: 1 })], [pageOf({ 0: 3, 1: 2 })])
    expect(await shownConsumed(watched, 4)).toBe(5)
    expect(watched.consumed).toEqual([1, 5])
    await expect(shownConsumed(watching([pageOf({ 0: 3 })]), 5)).rejects.toThrow('3 records are consumed, 5 were to be')
  })

  test('ends when it is interrupted', async () => {
    const interrupting = new AbortController()
    interrupting.abort(new Error('interrupted'))
    const waiting = shownAtEnds({ ...watching([pageOf({})]), signal: interrupting.signal }, [1])
    await expect(waiting).rejects.toThrow()
  })
})
