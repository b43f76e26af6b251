import { describe, expect, test } from 'vitest'
import { producer } from '../../commands/commands.ts'
import type { RecordBatch } from '../../consumer/contract/log-port.ts'
import { ExpectedPartition } from '../../producer/expected-partition.ts'
import { oracleOptionsOf } from '../../producer/oracle-options.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)
const { signal } = new AbortController()

function aPartition(): ExpectedPartition {
  const parsed = producer.parse([], {})
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  const { settings } = parsed
  return new ExpectedPartition(
    (appendTime) => oracleOptionsOf(settings, { appendTime }),
    () => performance.now(),
  )
}

/** What a read from the first offset on returns: a page view each second. */
function aBatch(from: number, to: number, words: Partial<RecordBatch> = {}): RecordBatch {
  const records = Array.from({ length: to - from }, (_, index) => {
    const offset = from + index
    const timeMs = START_MS + 1_000 * offset
    const event = { event_id: `e${offset}`, user_id: 1, page: '/', action: 'view', timestamp: timeMs / 1000 }
    const bytes = Buffer.from(JSON.stringify(event))
    return { offset, logTimeMs: timeMs, bytes, start: 0, end: bytes.length }
  })
  return { records, nextOffset: to, startOffset: 0, endOffset: to, appendTime: true, identity: 'one', ...words }
}

const pageViews = (partition: ExpectedPartition): number | undefined =>
  partition.series().get('clickstream_page_views_total{page="/"}')

describe('what a partition must lead to', () => {
  test('is counted from what is read, batch by batch', async () => {
    const partition = aPartition()
    await partition.take(aBatch(0, 1_300), signal)
    await partition.take(aBatch(1_300, 1_400), signal)
    expect([pageViews(partition), partition.next, partition.end, partition.isWhole]).toEqual([
      1_400,
      1_400,
      1_400,
      true,
    ])
  })

  test('takes no record twice, wherever a read begins', async () => {
    const partition = aPartition()
    await partition.take(aBatch(0, 10), signal)
    await partition.take(aBatch(5, 20), signal)
    expect([pageViews(partition), partition.next]).toEqual([20, 20])
  })

  test('passes over offsets that hold no record', async () => {
    const partition = aPartition()
    await partition.take(aBatch(0, 10, { nextOffset: 12, endOffset: 20 }), signal)
    expect([pageViews(partition), partition.next, partition.end]).toEqual([10, 12, 20])
  })

  test('is not known any more when records were deleted unread', async () => {
    const partition = aPartition()
    await partition.take(aBatch(7, 10, { startOffset: 7 }), signal)
    expect(partition.isWhole).toBe(false)
  })

  test('stays known when what is deleted was read before', async () => {
    const partition = aPartition()
    await partition.take(aBatch(0, 10), signal)
    await partition.take(aBatch(10, 20, { startOffset: 8 }), signal)
    expect([pageViews(partition), partition.isWhole]).toEqual([20, true])
  })

  test.each([
    ['has another identity', aBatch(0, 3, { identity: 'other' }), 'one'],
    ['ends before what was read, where logs have no identity', aBatch(0, 3, { identity: '' }), ''],
  ])('begins anew with a log that %s', async (_what, other, identity) => {
    const partition = aPartition()
    await partition.take(aBatch(0, 10, { identity }), signal)
    await partition.take({ ...other, records: [], nextOffset: 10 }, signal)
    expect([partition.series().size, partition.next]).toEqual([0, 0])
    await partition.take(other, signal)
    expect([pageViews(partition), partition.next]).toEqual([3, 3])
  })

  test('ignores an answer that was called off', async () => {
    const partition = aPartition()
    await partition.take(aBatch(0, 10), signal)
    await partition.take(aBatch(10, 10, { endOffset: 0, identity: '' }), AbortSignal.abort())
    expect([pageViews(partition), partition.next]).toEqual([10, 10])
  })
})
