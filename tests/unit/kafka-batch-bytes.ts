import { createRequire } from 'node:module'
import { registerKafkajsCodecs } from '../../consumer/log/kafka/codecs.ts'

/** Record batches as bytes, written and read by kafkajs: what our own reader must agree with. */

export interface BatchRecord {
  offsetDelta: number
  timeDelta?: number
  key?: Buffer | null
  value: Buffer | null
  headers?: Record<string, Buffer | Buffer[]>
}

export interface BatchWords {
  baseOffset?: number
  firstTimeMs?: number
  maxTimeMs?: number
  /** The broker's clock gave the time, all records have it. */
  appendTime?: boolean
  codec?: keyof typeof CODECS
  producerId?: number
  transactional?: boolean
  control?: boolean
  /** At least that of the last record; compaction takes records away and leaves this. */
  lastOffsetDelta?: number
  records: readonly BatchRecord[]
}

/** What kafkajs makes of a record. */
export interface DecodedRecord {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly isControlRecord: boolean
}

interface Encoder {
  readonly buffer: Buffer
}
interface Decoder {
  readonly offset: number
}

const require = createRequire(import.meta.url)
const Record: (words: object) => Encoder = require('kafkajs/src/protocol/recordBatch/record/v0')
const { RecordBatch }: { RecordBatch: (words: object) => Promise<Encoder> } =
  require('kafkajs/src/protocol/recordBatch/v0')
const decodeBatch: (from: Decoder) => Promise<{ records: DecodedRecord[] }> =
  require('kafkajs/src/protocol/recordBatch/v0/decoder')
const crc32C: (bytes: Buffer) => number = require('kafkajs/src/protocol/recordBatch/crc32C')
const Decoder: new (bytes: Buffer) => Decoder = require('kafkajs/src/protocol/decoder')

registerKafkajsCodecs()

const CODECS = { none: 0, gzip: 1, zstd: 4 }
export const ATTRIBUTES_AT = 21
export const HEADER_BYTES = 61
export const LENGTH_AT = 8
const CRC_AT = 17
const APPEND_TIME_BIT = 0x08
const CONTROL_BIT = 0x20

export async function batchBytes(words: BatchWords): Promise<Buffer> {
  const { baseOffset = 0, firstTimeMs = 0, maxTimeMs = firstTimeMs, producerId = -1, codec = 'none', records } = words
  const { lastOffsetDelta = records.at(-1)?.offsetDelta ?? 0, transactional = false } = words
  const { buffer } = await RecordBatch({
    compression: CODECS[codec],
    firstOffset: BigInt(baseOffset),
    firstTimestamp: BigInt(firstTimeMs),
    maxTimestamp: BigInt(maxTimeMs),
    producerId: BigInt(producerId),
    transactional,
    lastOffsetDelta,
    records: records.map(({ timeDelta = 0, ...record }) => Record({ ...record, timestampDelta: BigInt(timeDelta) })),
  })
  const bytes = Buffer.from(buffer)
  // kafkajs writes neither of these: a broker does.
  const bits = (words.appendTime ? APPEND_TIME_BIT : 0) | (words.control ? CONTROL_BIT : 0)
  bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES_AT) | bits, ATTRIBUTES_AT)
  return sealed(bytes)
}

/** The same batches, each with the checksum of what it holds now; up to the first whose length makes no sense. */
export function sealed(bytes: Buffer): Buffer {
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + LENGTH_AT + 4 + bytes.readInt32BE(at + LENGTH_AT)
    if (end < at + HEADER_BYTES || end > bytes.length) break
    bytes.writeUInt32BE(crc32C(bytes.subarray(at + ATTRIBUTES_AT, end)), at + CRC_AT)
    at = end
  }
  return bytes
}

/** How a coordinator writes the end of a transaction into a partition. */
export const endOfTransaction = (producerId: number, baseOffset: number, end: 'abort' | 'commit'): Promise<Buffer> =>
  batchBytes({
    baseOffset,
    producerId,
    transactional: true,
    control: true,
    records: [{ offsetDelta: 0, key: Buffer.of(0, 0, 0, end === 'abort' ? 0 : 1), value: Buffer.alloc(6) }],
  })

/** All records of whole batches, those of control batches included. */
export async function decodedByKafkajs(bytes: Buffer): Promise<DecodedRecord[]> {
  const decoder = new Decoder(bytes)
  const records: DecodedRecord[] = []
  while (decoder.offset < bytes.length) records.push(...(await decodeBatch(decoder)).records)
  return records
}
