import type { RawRequest } from './kafkajs-internals.ts'
import { KafkaRefusal } from './topic-metadata.ts'
import { WireReader, WireWriter } from './wire.ts'

const API_KEY = 1
/** The first version that names the topic by its id: a topic created anew cannot be mistaken for the old (KIP-516). */
const VERSION_BY_ID = 13
/** By name, as all brokers since Apache Kafka 2.3, and those that only speak its protocol, understand it. */
const VERSION_BY_NAME = 11

export interface FetchOptions {
  readonly topic: string
  /** Undefined where brokers know no ids. */
  readonly topicId: Uint8Array | undefined
  /** Offset to fetch from, by partition. */
  readonly from: ReadonlyMap<number, number>
  readonly partitionBytes: number
  readonly responseBytes: number
  readonly minBytes: number
  readonly waitMs: number
}

/** What a broker answered for one partition. */
export interface FetchedPartition {
  readonly partition: number
  /** 0 for none; the numbers of the protocol. */
  readonly errorCode: number
  readonly highWatermark: number
  readonly startOffset: number
  /** Producers whose transactions were aborted, and where each began. */
  readonly aborted: readonly { producerId: number; firstOffset: number }[]
  /** Record batches, the last one perhaps cut off. A view of the whole response. */
  readonly records: Buffer
}

/** Committed records only: nothing of an open or aborted transaction is counted. */
const READ_COMMITTED = 1
const NONE = Buffer.alloc(0)

/** A fetch outside any session: each names all it wants, and a lost answer leaves nothing behind. */
export function fetchRequest(options: FetchOptions): RawRequest<readonly FetchedPartition[]> {
  const { topicId, waitMs } = options
  const request = { apiKey: API_KEY, apiName: 'Fetch', waitMs }
  return topicId === undefined
    ? { ...request, apiVersion: VERSION_BY_NAME, body: bodyByName(options), decode: decodeByName }
    : { ...request, apiVersion: VERSION_BY_ID, body: bodyById(options, topicId), decode: decodeById }
}

function bodyById(options: FetchOptions, topicId: Uint8Array): Buffer {
  const { from, partitionBytes } = options
  const body = limits(new WireWriter().noTags(), options)
    .varint(2)
    .uuid(topicId)
    .varint(from.size + 1)
  for (const [partition, offset] of from) {
    body.int32(partition).int32(-1).int64(offset).int32(-1).int64(-1).int32(partitionBytes).noTags()
  }
  return body.noTags().varint(1).compactString('').noTags().bytes
}

function bodyByName(options: FetchOptions): Buffer {
  const { topic, from, partitionBytes } = options
  const body = limits(new WireWriter(), options).int32(1).string(topic).int32(from.size)
  for (const [partition, offset] of from) {
    body.int32(partition).int32(-1).int64(offset).int64(-1).int32(partitionBytes)
  }
  return body.int32(0).string('').bytes
}

function limits(body: WireWriter, { waitMs, minBytes, responseBytes }: FetchOptions): WireWriter {
  return body.int32(-1).int32(waitMs).int32(minBytes).int32(responseBytes).int8(READ_COMMITTED).int32(0).int32(-1)
}

function decodeById(payload: Buffer): readonly FetchedPartition[] {
  const reader = new WireReader(payload)
  reader.tags()
  readHead(reader)
  const topics = reader.compactArray(() => {
    reader.uuid()
    const partitions = reader.compactArray(() => {
      const position = readPosition(reader)
      const aborted = reader.compactArray(() => {
        const transaction = readAborted(reader)
        reader.tags()
        return transaction
      })
      reader.int32()
      const records = readRecords(reader, reader.varint() - 1)
      reader.tags()
      return { ...position, aborted, records }
    })
    reader.tags()
    return partitions
  })
  return topics.flat()
}

function decodeByName(payload: Buffer): readonly FetchedPartition[] {
  const reader = new WireReader(payload)
  readHead(reader)
  const topics = reader.array(() => {
    reader.string()
    return reader.array(() => {
      const position = readPosition(reader)
      const aborted = reader.array(() => readAborted(reader))
      reader.int32()
      return { ...position, aborted, records: readRecords(reader, reader.int32()) }
    })
  })
  return topics.flat()
}

function readHead(reader: WireReader): void {
  reader.int32()
  const code = reader.int16()
  if (code !== 0) throw new KafkaRefusal('fetching', code)
  reader.int32()
}

function readPosition(reader: WireReader): Omit<FetchedPartition, 'aborted' | 'records'> {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  reader.int64()
  return { partition, errorCode, highWatermark, startOffset: reader.int64() }
}

const readAborted = (reader: WireReader): FetchedPartition['aborted'][number] => ({
  producerId: reader.int64(),
  firstOffset: reader.int64(),
})

const readRecords = (reader: WireReader, size: number): Buffer => (size > 0 ? reader.slice(size) : NONE)
