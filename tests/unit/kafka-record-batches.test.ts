import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { UnreadableBatch } from '../../consumer/log/kafka/codecs.ts'
import { type KeyedRecord, offsetBehind, readBatches } from '../../consumer/log/kafka/record-batches.ts'
import {
  ATTRIBUTES_AT,
  batchBytes,
  decodedByKafkajs,
  endOfTransaction,
  HEADER_BYTES,
  LENGTH_AT,
  sealed,
} from './kafka-batch-bytes.ts'

const MAGIC_AT = 16
const COUNT_AT = 57

const click = (offsetDelta: number) => ({ offsetDelta, value: Buffer.from(`click ${offsetDelta}`) })
const someClicks = (count: number) => Array.from({ length: count }, (_, offsetDelta) => click(offsetDelta))

const valuesOf = async (bytes: Buffer, from = 0, aborted: Parameters<typeof readBatches>[2] = []): Promise<string[]> =>
  (await readBatches(bytes, from, aborted)).flatMap(({ records }) =>
    records.map(({ bytes, start, end }) => Buffer.from(bytes.subarray(start, end)).toString()),
  )

/** The batch with a change made to its bytes, and its checksum right all the same. */
async function changed(change: (bytes: Buffer) => void): Promise<Buffer> {
  const bytes = await batchBytes({ baseOffset: 40, records: someClicks(2) })
  change(bytes)
  return sealed(bytes)
}

describe('offsets', () => {
  test('a batch that begins before the offset asked for gives what lies behind it', async () => {
    const bytes = await batchBytes({ baseOffset: 10, records: someClicks(5) })
    expect(await valuesOf(bytes, 13)).toEqual(['click 3', 'click 4'])
    expect(offsetBehind(bytes)).toBe(15)
  })

  test('a batch that compaction emptied still takes its offsets', async () => {
    const bytes = await batchBytes({ baseOffset: 2 ** 40, records: [], lastOffsetDelta: 7 })
    expect(await readBatches(bytes, 0, [])).toEqual([])
    expect(offsetBehind(bytes)).toBe(2 ** 40 + 8)
  })

  test('an emptied batch between others makes no run of its own', async () => {
    const bytes = Buffer.concat([
      await batchBytes({ baseOffset: 0, records: someClicks(1) }),
      await batchBytes({ baseOffset: 1, appendTime: true, records: [] }),
      await batchBytes({ baseOffset: 2, appendTime: true, records: someClicks(1) }),
    ])
    const runs = await readBatches(bytes, 0, [])
    expect(runs.map(({ appendTime, records }) => [appendTime, records.map(({ offset }) => offset)])).toEqual([
      [false, [0]],
      [true, [2]],
    ])
  })

  test('nothing at all has no end', () => {
    expect(offsetBehind(Buffer.alloc(0))).toBeUndefined()
  })
})

describe('values', () => {
  test('a tombstone is told from an empty value', async () => {
    const records = [
      { offsetDelta: 0, key: Buffer.from('a'), value: null },
      { offsetDelta: 1, key: Buffer.from('b'), value: Buffer.alloc(0) },
    ]
    const [run] = await readBatches(await batchBytes({ records }), 0, [], true)
    const read = run!.records as KeyedRecord[]
    expect(read.map(({ start, end, tombstone }) => [end - start, tombstone])).toEqual([
      [0, true],
      [0, false],
    ])
  })

  test('values are views of the bytes that came', async () => {
    const bytes = await batchBytes({ records: someClicks(1) })
    const [run] = await readBatches(bytes, 0, [])
    expect(run!.records[0]!.bytes).toBe(bytes)
  })

  test.each(
    ['java', 'librdkafka'].flatMap((client) => ['gzip', 'snappy', 'lz4', 'zstd'].map((codec) => ({ client, codec }))),
  )('what $client wrote with $codec is what kafkajs reads of it', async ({ client, codec }) => {
    const bytes = readFileSync(new URL(`../fixtures/codecs/${client}-${codec}.batch`, import.meta.url))
    const decoded = await decodedByKafkajs(bytes)
    expect(decoded.length).toBeGreaterThan(0)
    expect(await valuesOf(bytes)).toEqual(decoded.map(({ value }) => String(value)))
    expect(offsetBehind(bytes)).toBe(Number(decoded.at(-1)!.offset) + 1)
  })
})

describe('transactions', () => {
  const written = (baseOffset: number, producerId: number) =>
    batchBytes({ baseOffset, producerId, transactional: true, records: someClicks(2) })

  test('a producer that aborted once is read again after the end of that transaction', async () => {
    const bytes = Buffer.concat([
      await written(0, 7),
      await endOfTransaction(7, 2, 'abort'),
      await written(3, 7),
      await endOfTransaction(7, 5, 'commit'),
    ])
    const runs = await readBatches(bytes, 0, [{ producerId: 7, firstOffset: 0 }])
    expect(runs.flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([3, 4])
    expect(offsetBehind(bytes)).toBe(6)
  })

  test('a batch of only aborted records gives none and is passed all the same', async () => {
    const bytes = await written(0, 7)
    expect(await readBatches(bytes, 0, [{ producerId: 7, firstOffset: 0 }])).toEqual([])
    expect(offsetBehind(bytes)).toBe(2)
  })

  test('a record that its producer wrote outside of transactions stays while another of its own is aborted', async () => {
    const plain = await batchBytes({ baseOffset: 2, producerId: 7, records: someClicks(1) })
    const bytes = Buffer.concat([await written(0, 7), plain, await endOfTransaction(7, 3, 'abort')])
    expect(await valuesOf(bytes, 0, [{ producerId: 7, firstOffset: 0 }])).toEqual(['click 0'])
  })
})

describe('what cannot be read is refused with its offset', () => {
  const withLength = (length: number) => (bytes: Buffer) => bytes.writeInt32BE(length, LENGTH_AT)

  test.each<[what: string, change: (bytes: Buffer) => void, why: string]>([
    ['an old message format', (bytes) => bytes.writeInt8(1, MAGIC_AT), 'its message format is older than Kafka 0.11'],
    // Taken at its word it would begin where it ends, for ever.
    ['a length that leads back to its beginning', withLength(-12), 'it is shorter than its own header'],
    ['a length below zero', withLength(-(2 ** 31)), 'it is shorter than its own header'],
    ['a length of zero', withLength(0), 'it is shorter than its own header'],
    ['a codec that does not exist', (bytes) => bytes.writeInt16BE(5, ATTRIBUTES_AT), 'compression codec 5 is none of'],
    ['a codec that was not used', (bytes) => bytes.writeInt16BE(1, ATTRIBUTES_AT), 'gzip: '],
    ['more records than there are', (bytes) => bytes.writeInt32BE(3, COUNT_AT), 'reaches beyond its batch'],
    ['2^31 - 1 records', (bytes) => bytes.writeInt32BE(2 ** 31 - 1, COUNT_AT), 'reaches beyond its batch'],
    ['a record longer than its batch', (bytes) => bytes.writeInt8(0x7e, HEADER_BYTES), 'reaches beyond its batch'],
    ['a record of negative length', (bytes) => bytes.writeInt8(1, HEADER_BYTES), 'reaches beyond its batch'],
    ['a number without end', (bytes) => bytes.fill(0xff, HEADER_BYTES), 'a number has more than ten bytes'],
    ['a record too short for its value', (bytes) => bytes.writeInt8(2, HEADER_BYTES), 'reaches beyond its record'],
  ])('%s', async (_, change, why) => {
    const reading = readBatches(await changed(change), 0, [])
    await expect(reading).rejects.toThrow(UnreadableBatch)
    await expect(reading).rejects.toThrow(/^the batch at offset 40 cannot be read: ./)
    await expect(reading).rejects.toThrow(why)
  })

  test('what was damaged anywhere behind the checksum', async () => {
    const bytes = await changed(() => undefined)
    for (let at = ATTRIBUTES_AT; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 0x10
      await expect(readBatches(damaged, 0, [])).rejects.toThrow(
        'the batch at offset 40 cannot be read: its checksum is',
      )
    }
  })

  test('a transaction that ends without a word how', async () => {
    const bytes = await batchBytes({ baseOffset: 40, transactional: true, control: true, records: [] })
    await expect(readBatches(bytes, 0, [])).rejects.toThrow(
      new UnreadableBatch('the batch at offset 40 cannot be read: a control record has no type'),
    )
  })

  test('an old message that is shorter than the head of a batch', async () => {
    const message = Buffer.alloc(40)
    message.writeInt32BE(28, LENGTH_AT)
    await expect(readBatches(message, 0, [])).rejects.toThrow('older than Kafka 0.11')
    expect(() => offsetBehind(message)).toThrow('older than Kafka 0.11')
  })
})
