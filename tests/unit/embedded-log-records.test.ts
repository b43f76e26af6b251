import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { LogRecord } from '../../consumer/contract/log-port.ts'
import { murmur2, partitionOf } from '../../consumer/contract/partitioner.ts'
import type { EmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { addRecords, encodeBlock } from '../../consumer/log/embedded/record-block.ts'
import {
  aRecord,
  clock,
  folder,
  keyFor,
  never,
  openLog,
  textOf,
  useLogFolder,
  valuesFrom,
} from './embedded-log-folder.ts'

useLogFolder()

describe('partitions', () => {
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hash %s as Kafka does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash)
  })

  test('are chosen by the positive hash of the key in UTF-8', async () => {
    const log = openLog({ partitions: 7 })
    const keys = ['21', 'foobar', 'abc', 'Zoë', '']

    await log.append(keys.map((key) => aRecord(key, key)))

    const chosen = (key: string) => (murmur2(Buffer.from(key)) & 0x7fffffff) % 7
    for (let partition = 0; partition < 7; partition += 1) {
      expect(await valuesFrom(log, partition, 0)).toEqual(keys.filter((key) => chosen(key) === partition))
    }
    expect(chosen('21')).toBe((-973932308 + 2 ** 31) % 7)
  })
})

describe('a block of records', () => {
  const records = [aRecord('first'), aRecord('')].map(({ key, value }) => ({ key: Buffer.from(key), value }))
  const block = encodeBlock(records)

  const decode = (bytes: Uint8Array, count: number): LogRecord[] => {
    const into: LogRecord[] = []
    addRecords({ baseOffset: 40, count, logTimeMs: 7, block: bytes }, 0, into)
    return into
  }

  test('is read as views of its own bytes', () => {
    const read = decode(block, 2)

    expect(read.map(({ offset, logTimeMs }) => [offset, logTimeMs])).toEqual([
      [40, 7],
      [41, 7],
    ])
    expect(read.map(textOf)).toEqual(['first', ''])
    for (const record of read) expect(record.bytes).toBe(block)
  })

  test.each([
    ['ends early', block.subarray(0, -1), 2],
    ['ends within a length', block.subarray(0, 2), 1],
    ['goes on after its last record', Buffer.concat([block, Buffer.of(0)]), 2],
    ['holds more records than its row says', block, 1],
    ['holds fewer records than its row says', block, 3],
  ])('is damaged when it %s', (_, bytes, count) => {
    expect(() => decode(bytes, count)).toThrow(/records 40 to \d+ are damaged: move the file away/)
  })
})

describe('append and read', () => {
  test('gives records consecutive offsets across batches and merges the batches', async () => {
    const log = openLog()
    await log.append([aRecord('a'), aRecord('b')])
    await log.append([aRecord('c')])

    const batch = await log.read(0, 0, never)

    expect(batch.records.map((record) => [record.offset, textOf(record)])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ])
    expect(batch).toMatchObject({ nextOffset: 3, startOffset: 0, endOffset: 3, appendTime: true })
  })

  test('starts in the middle of a batch', async () => {
    const log = openLog()
    await log.append(['a', 'b', 'c', 'd'].map((value) => aRecord(value)))

    const batch = await log.read(0, 2, never)

    expect(batch.records.map((record) => [record.offset, textOf(record)])).toEqual([
      [2, 'c'],
      [3, 'd'],
    ])
  })

  test('stops after the row that passes the size of a read', async () => {
    const log = openLog({ readBatchBytes: 250 })
    for (let index = 0; index < 5; index += 1) await log.append([aRecord('x'.repeat(100))])

    const batch = await log.read(0, 1, never)

    expect(batch.records.map(({ offset }) => offset)).toEqual([1, 2, 3])
    expect(batch).toMatchObject({ nextOffset: 4, endOffset: 5 })
  })

  test('reads a batch of many megabytes in pieces of about one', async () => {
    const log = openLog()
    const values = Array.from({ length: 40 }, (_, index) => `${index} `.padEnd(100_000, '.'))
    await log.append(values.map((value) => aRecord(value)))

    const first = await log.read(0, 0, never)

    const size = first.records.reduce((bytes, { start, end }) => bytes + end - start, 0)
    expect(size).toBeGreaterThan(900_000)
    expect(size).toBeLessThan(1_400_000)
    expect(await valuesFrom(log, 0, 0)).toEqual(values)
  })

  test('stores a copy: the caller may reuse the bytes', async () => {
    const log = openLog()
    const bytes = Buffer.from('before')
    const appended = log.append([{ key: 'ann', value: bytes }])
    bytes.write('after!')
    await appended

    expect(await valuesFrom(log, 0, 0)).toEqual(['before'])
  })

  test('refuses a partition the log does not have', async () => {
    const log = openLog({ partitions: 2 })

    await expect(log.read(2, 0, never)).rejects.toThrow(/log\.sqlite: read failed: there is no partition 2 of 2/)
    await expect(log.bounds(-1)).rejects.toThrow(/no partition -1/)
  })

  test.each<[string, (log: EmbeddedLog) => Promise<unknown>]>([
    ['reads', (log) => log.read(0, 0, never)],
    ['appends', (log) => log.append([aRecord('a')])],
  ])('lets other work of the process run between %s that never wait', async (_, call) => {
    const log = openLog()
    await log.append([aRecord('a')])
    let turns = 0
    const count = () => {
      turns += 1
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    for (let index = 0; index < 20; index += 1) await call(log)
    clearImmediate(timer)

    expect(turns).toBeGreaterThanOrEqual(19)
  })

  test('takes back the whole append when a part of it cannot be stored', async () => {
    const log = openLog({ partitions: 2 })
    await log.append([aRecord('kept', keyFor(0, 2))], 'kept')
    clock.nowMs = 0.5

    await expect(log.append([aRecord('x', keyFor(0, 2)), aRecord('y', keyFor(1, 2))], 'lost')).rejects.toThrow(
      /log\.sqlite: append failed: .*INTEGER column/,
    )

    clock.nowMs = Date.parse('2026-01-01T09:00:01Z')
    expect(log.producerState()).toBe('kept')
    expect(await log.bounds(0)).toMatchObject({ startOffset: 0, endOffset: 1 })
    await log.append([aRecord('next', keyFor(0, 2)), aRecord('first', keyFor(1, 2))])
    expect(await valuesFrom(log, 0, 0)).toEqual(['kept', 'next'])
    expect(await valuesFrom(log, 1, 0)).toEqual(['first'])
  })
})

describe('log time', () => {
  const logTimes = async (log: EmbeddedLog, partition: number) =>
    (await log.read(partition, 0, never)).records.map(({ logTimeMs }) => logTimeMs)

  test('is the time of the append and never goes back in a partition, even over a restart', async () => {
    const before = openLog()
    for (const nowMs of [1_000, 3_000, 2_000]) {
      clock.nowMs = nowMs
      await before.append([aRecord('x')])
    }
    await before.leave()
    const after = openLog()
    clock.nowMs = 2_500
    await after.append([aRecord('x')])
    clock.nowMs = 4_000
    await after.append([aRecord('x')])

    expect(await logTimes(after, 0)).toEqual([1_000, 3_000, 3_000, 3_000, 4_000])
  })

  test('of one partition does not hold back another', async () => {
    const log = openLog({ partitions: 2 })
    clock.nowMs = 3_000
    await log.append([aRecord('x', keyFor(0, 2))])
    clock.nowMs = 2_000
    await log.append([aRecord('x', keyFor(0, 2)), aRecord('y', keyFor(1, 2))])

    expect(await logTimes(log, 0)).toEqual([3_000, 3_000])
    expect(await logTimes(log, 1)).toEqual([2_000])
  })
})

describe('a read at the end of the log', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })

  /** Settles every promise that needs no time to pass. */
  const idle = () => new Promise((resolve) => setImmediate(resolve))

  async function watched<Result>(promise: Promise<Result>): Promise<{ promise: Promise<Result>; settled: boolean }> {
    const watch = { promise, settled: false }
    const settle = () => {
      watch.settled = true
    }
    promise.then(settle, settle)
    await idle()
    return watch
  }

  test('comes back empty after 250 ms', async () => {
    const log = openLog()
    await log.append([aRecord('a')])
    const read = await watched(log.read(0, 1, never))

    await vi.advanceTimersByTimeAsync(249)
    expect(read.settled).toBe(false)
    await vi.advanceTimersByTimeAsync(1)

    expect(await read.promise).toMatchObject({
      records: [],
      nextOffset: 1,
      startOffset: 0,
      endOffset: 1,
      appendTime: true,
    })
  })

  test('comes back empty and where it was when it starts beyond the end', async () => {
    const log = openLog()
    const read = await watched(log.read(0, 10, never))
    await vi.advanceTimersByTimeAsync(250)

    expect(await read.promise).toMatchObject({ records: [], nextOffset: 10, endOffset: 0 })
  })

  test('wakes at once when a record arrives in its partition, and not for another one', async () => {
    const log = openLog({ partitions: 2 })
    const read = await watched(log.read(0, 0, never))

    await log.append([aRecord('elsewhere', keyFor(1, 2))])
    await idle()
    expect(read.settled).toBe(false)

    await log.append([aRecord('here', keyFor(0, 2))])
    expect((await read.promise).records.map(textOf)).toEqual(['here'])
  })

  test.each(['before it', 'while it waits'])('comes back empty when the signal aborts %s', async (when) => {
    const log = openLog()
    const stop = new AbortController()
    if (when === 'before it') stop.abort()
    const read = await watched(log.read(0, 0, stop.signal))
    stop.abort()

    expect(await read.promise).toMatchObject({ records: [], nextOffset: 0 })
  })

  test('comes back empty when the log is left', async () => {
    const log = openLog()
    const read = await watched(log.read(0, 0, never))
    await log.leave()

    expect(await read.promise).toMatchObject({ records: [], nextOffset: 0, endOffset: 0 })
  })

  test('leaves no timer and no listener behind', async () => {
    const log = openLog()
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const read = await watched(log.read(0, 0, signal))
    await log.append([aRecord('a')])
    await read.promise

    expect(vi.getTimerCount()).toBe(0)
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })
})

test('a signal that aborted before a read of held records makes it come back empty', async () => {
  const log = openLog()
  await log.append([aRecord('a')])

  expect(await log.read(0, 0, AbortSignal.abort())).toMatchObject({ records: [], nextOffset: 0, endOffset: 1 })
})

describe('the producer state', () => {
  test('is the last one given, over empty appends, appends without one, and a restart', async () => {
    const log = openLog()
    expect(log.producerState()).toBeUndefined()
    await log.append([aRecord('a')], 'one')
    expect(log.producerState()).toBe('one')
    await log.append([aRecord('b')])
    expect(log.producerState()).toBe('one')
    await log.append([], 'two')
    await log.append([aRecord('c')])
    await log.leave()

    const again = openLog()
    expect(again.producerState()).toBe('two')
    expect(await valuesFrom(again, 0, 0)).toEqual(['a', 'b', 'c'])
  })
})

test('whatever is appended is read back exactly, from any offset, over restarts', async () => {
  const record = fc.record({
    key: fc.string({ unit: 'binary', maxLength: 12 }),
    value: fc.uint8Array({ maxLength: 300 }),
  })
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.array(record, { maxLength: 30 }) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  )
  const scenario = fc.record({
    partitions: fc.integer({ min: 1, max: 5 }),
    readBatchBytes: fc.integer({ min: 1, max: 2_000 }),
    steps: fc.array(step, { maxLength: 12 }),
  })

  await fc.assert(
    fc.asyncProperty(scenario, async ({ partitions, readBatchBytes, steps }) => {
      const data = mkdtempSync(join(folder, 'run-'))
      const open = () => openLog({ folder: data, partitions, readBatchBytes })
      const expected: string[][] = Array.from({ length: partitions }, () => [])
      let log = open()
      for (const next of steps) {
        if (next === 'restart') {
          await log.leave()
          log = open()
          continue
        }
        await log.append(next)
        for (const { key, value } of next) {
          expected[partitionOf(new TextEncoder().encode(key), partitions)]!.push(Buffer.from(value).toString('hex'))
        }
      }
      for (const [partition, values] of expected.entries()) {
        expect(await log.bounds(partition)).toMatchObject({ startOffset: 0, endOffset: values.length })
        for (let from = 0; from < values.length; from += 1) {
          const batch = await log.read(partition, from, never)
          const hex = batch.records.map(({ bytes, start, end }) =>
            Buffer.from(bytes.subarray(start, end)).toString('hex'),
          )
          expect(hex.length).toBeGreaterThan(0)
          expect(hex).toEqual(values.slice(from, from + hex.length))
          expect(batch.records.map(({ offset }) => offset)).toEqual(hex.map((_, index) => from + index))
          expect(batch.nextOffset).toBe(from + hex.length)
        }
      }
      await log.leave()
    }),
    { numRuns: 60 },
  )
})
