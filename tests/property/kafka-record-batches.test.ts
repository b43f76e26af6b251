import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UnreadableBatch } from '../../consumer/log/kafka/codecs.ts'
import {
  type AbortedTransaction,
  type KeyedRecord,
  offsetBehind,
  readBatches,
} from '../../consumer/log/kafka/record-batches.ts'
import { type BatchWords, batchBytes, decodedByKafkajs, endOfTransaction, sealed } from '../unit/kafka-batch-bytes.ts'
import { runs } from './runs.ts'

const someBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
/** Around 64, 8,192 and 2^20 a length takes a byte more. */
const longBytes = fc
  .tuple(fc.constantFrom(63, 64, 8_191, 8_192, 1_048_575, 1_048_576), fc.nat(255))
  .map(([length, byte]) => Buffer.alloc(length, byte))
const aValue = fc.oneof(
  { weight: 20, arbitrary: fc.option(someBytes, { nil: null }) },
  { weight: 1, arbitrary: longBytes },
)

const someHeaders = fc.dictionary(fc.string({ maxLength: 10 }), fc.oneof(someBytes, fc.array(someBytes)), {
  maxKeys: 3,
  noNullPrototype: true,
})

const aRecord = fc.record({
  skipped: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(100_000)),
  // Clients may send the past and the future; every width of a varint occurs.
  timeDelta: fc.oneof(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -(2 ** 43), max: 2 ** 43 })),
  key: fc.option(someBytes, { nil: null }),
  value: aValue,
  headers: someHeaders,
})

const aBatch = fc.record({
  skipped: fc.nat(3),
  behind: fc.nat(2),
  firstTimeMs: fc.oneof(fc.constantFrom(-1, 0), fc.integer({ min: 1.5e12, max: 2 ** 43 })),
  maxTimeMs: fc.integer({ min: 0, max: 2 ** 43 }),
  appendTime: fc.boolean(),
  codec: fc.constantFrom('none', 'none', 'gzip', 'zstd'),
  records: fc.array(aRecord, { maxLength: 12 }),
})

/** Batches as a log has them: offsets only rise, with gaps as compaction leaves them, and pass 2^32. */
const someBatches: fc.Arbitrary<BatchWords[]> = fc
  .tuple(fc.oneof(fc.nat(10), fc.integer({ min: 2 ** 32 - 20, max: 2 ** 50 })), fc.array(aBatch, { maxLength: 5 }))
  .map(([start, batches]) => {
    let next = start
    return batches.map(({ skipped, behind, records, ...rest }) => {
      const baseOffset = next + skipped
      let offsetDelta = -1
      const placed = records.map(({ skipped, ...record }) => {
        offsetDelta += 1 + skipped
        return { ...record, offsetDelta }
      })
      const lastOffsetDelta = Math.max(offsetDelta, 0) + behind
      next = baseOffset + lastOffsetDelta + 1
      return { ...rest, baseOffset, records: placed, lastOffsetDelta } as BatchWords
    })
  })

const bytesOf = async (batches: readonly BatchWords[]): Promise<Buffer> =>
  Buffer.concat(await Promise.all(batches.map(batchBytes)))

/** A record as plain data, its bytes copied out. */
interface PlainRecord {
  offset: number
  timeMs: number
  key: string | undefined
  value: string | null
}

async function read(bytes: Buffer, from: number, aborted: readonly AbortedTransaction[] = []): Promise<PlainRecord[]> {
  const text = (record: KeyedRecord, start: number, end: number): string =>
    Buffer.from(record.bytes.subarray(start, end)).toString('hex')
  return (await readBatches(bytes, from, aborted, true))
    .flatMap(({ records }) => records as KeyedRecord[])
    .map((record) => ({
      offset: record.offset,
      timeMs: record.logTimeMs,
      key: text(record, record.keyStart, record.keyEnd),
      value: record.tombstone ? null : text(record, record.start, record.end),
    }))
}

const readByKafkajs = async (bytes: Buffer, from: number): Promise<PlainRecord[]> =>
  (await decodedByKafkajs(bytes))
    .filter(({ offset, isControlRecord }) => Number(offset) >= from && !isControlRecord)
    .map(({ offset, timestamp, key, value }) => ({
      offset: Number(offset),
      timeMs: Number(timestamp),
      key: key?.toString('hex') ?? '',
      value: value?.toString('hex') ?? null,
    }))

const lastOffsetOf = ({ baseOffset, lastOffsetDelta }: BatchWords): number => baseOffset! + lastOffsetDelta!

test('any batches, read from any offset, hold what kafkajs reads from them', async () => {
  await fc.assert(
    fc.asyncProperty(someBatches, fc.nat(), async (batches, nth) => {
      const bytes = await bytesOf(batches)
      const all = await readByKafkajs(bytes, 0)
      // The first offset, that of a record somewhere inside a batch, the one behind it, the end.
      const somewhere = all[nth % Math.max(all.length, 1)]?.offset ?? 0
      for (const from of [0, somewhere, somewhere + 1, Number.MAX_SAFE_INTEGER]) {
        expect(await read(bytes, from)).toStrictEqual(all.filter(({ offset }) => offset >= from))
      }
      expect(offsetBehind(bytes)).toBe(batches.length === 0 ? undefined : lastOffsetOf(batches.at(-1)!) + 1)
    }),
    runs(400),
  )
})

test('no run is empty, and each says of its records whose word their times are', async () => {
  await fc.assert(
    fc.asyncProperty(someBatches, async (batches) => {
      const found = await readBatches(await bytesOf(batches), 0, [])
      expect(found.filter(({ records }) => records.length === 0)).toStrictEqual([])
      const times = found.flatMap(({ records, appendTime }) => records.map(({ logTimeMs }) => [appendTime, logTimeMs]))
      expect(times).toStrictEqual(
        batches.flatMap(({ records, appendTime, firstTimeMs, maxTimeMs }) =>
          records.map(({ timeDelta }) => [appendTime, appendTime ? maxTimeMs : firstTimeMs! + timeDelta!]),
        ),
      )
    }),
    runs(200),
  )
})

test('batches cut off anywhere hold the records of those that are whole, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(someBatches, fc.double({ min: 0, max: 1, noNaN: true }), async (batches, share) => {
      const whole = await Promise.all(batches.map(batchBytes))
      const bytes = Buffer.concat(whole)
      const cutAt = Math.floor(bytes.length * share)
      let count = 0
      for (let end = 0; count < whole.length && end + whole[count]!.length <= cutAt; count++)
        end += whole[count]!.length
      const expected = await readByKafkajs(Buffer.concat(whole.slice(0, count)), 0)
      expect(await read(bytes.subarray(0, cutAt), 0)).toStrictEqual(expected)
      expect(offsetBehind(bytes.subarray(0, cutAt))).toBe(
        count === 0 ? undefined : lastOffsetOf(batches[count - 1]!) + 1,
      )
    }),
    runs(400),
  )
})

/** What producers did to a partition in turn: some records, in a transaction or not, or the end of a transaction. */
const someSteps = fc.array(
  fc.record({
    producerId: fc.integer({ min: 1, max: 3 }),
    does: fc.constantFrom('write', 'write', 'write', 'write plainly', 'commit', 'abort'),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 30 },
)

interface Transaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly offsets: number[]
}

test('of interleaved transactions only the committed records are read, from any offset', async () => {
  await fc.assert(
    fc.asyncProperty(someSteps, fc.nat(), async (steps, nth) => {
      const batches: Buffer[] = []
      const visible: number[] = []
      const open = new Map<number, Transaction>()
      const aborted: (Transaction & { lastOffset: number })[] = []
      let next = 0
      const end = async (producerId: number, how: 'abort' | 'commit'): Promise<void> => {
        const transaction = open.get(producerId)
        if (transaction === undefined) return
        open.delete(producerId)
        batches.push(await endOfTransaction(producerId, next, how))
        if (how === 'commit') visible.push(...transaction.offsets)
        else aborted.push({ ...transaction, lastOffset: next })
        next++
      }
      for (const { producerId, does, count } of steps) {
        if (does === 'commit' || does === 'abort') {
          await end(producerId, does)
          continue
        }
        const transactional = does === 'write'
        const records = Array.from({ length: count }, (_, offsetDelta) => ({ offsetDelta, value: Buffer.of(7) }))
        batches.push(await batchBytes({ baseOffset: next, producerId, transactional, records }))
        const offsets = records.map(({ offsetDelta }) => next + offsetDelta)
        if (!transactional) visible.push(...offsets)
        else {
          if (!open.has(producerId)) open.set(producerId, { producerId, firstOffset: next, offsets: [] })
          open.get(producerId)!.offsets.push(...offsets)
        }
        next += count
      }
      for (const producerId of [...open.keys()]) await end(producerId, 'abort')

      // As a broker does: whole batches from the one that holds the offset, and the transactions that end behind it.
      const from = nth % (next + 1)
      const sent = batches.filter((batch) => offsetBehind(batch)! > from)
      const told = aborted.filter(({ lastOffset }) => lastOffset >= from)
      const offsets = (await read(Buffer.concat(sent), from, told)).map(({ offset }) => offset)
      expect(offsets).toStrictEqual(visible.filter((offset) => offset >= from).sort((a, b) => a - b))
      expect(offsetBehind(Buffer.concat(sent))).toBe(from === next ? undefined : next)
    }),
    runs(400),
  )
})

/** The result, or the refusal; anything else thrown fails the test. */
async function outcomeOf<Result>(work: () => Result | Promise<Result>): Promise<Result | 'refused'> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UnreadableBatch)) throw error
    expect(error.message).toMatch(/^the batch at offset -?[\d.e+]+ cannot be read: ./)
    return 'refused'
  }
}

test('damaged bytes end in records that lie within the bytes, or in a refusal that names the offset', async () => {
  await fc.assert(
    fc.asyncProperty(
      someBatches,
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 0x7f, 0x80, 0xff), fc.nat(255))), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.boolean(),
      fc.boolean(),
      async (batches, damages, inHeader, withChecksum) => {
        const bytes = await bytesOf(batches)
        if (bytes.length === 0) return
        const reach = inHeader ? Math.min(61, bytes.length) : bytes.length
        for (const [at, byte] of damages) bytes[at % reach] = byte
        if (withChecksum) sealed(bytes)
        await outcomeOf(() => offsetBehind(bytes))
        const found = await outcomeOf(() => readBatches(bytes, 0, [], true))
        if (found === 'refused') return
        for (const { records } of found) {
          for (const { offset, bytes, start, end, keyStart, keyEnd } of records as KeyedRecord[]) {
            expect(offset).toBeGreaterThanOrEqual(0)
            expect([0 <= keyStart, keyStart <= keyEnd, keyEnd <= start, start <= end, end <= bytes.length]).toEqual(
              Array(5).fill(true),
            )
          }
        }
      },
    ),
    runs(1500),
  )
})
