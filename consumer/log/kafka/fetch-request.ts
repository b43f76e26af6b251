import type { RawRequest } from './kafkajs-internals.ts'
import { WireReader, WireWriter } from './wire.ts'

const API_KEY = 1
/** The first version that names the topic by its id: a topic created anew cannot be mistaken for the old (KIP-516). */
const API_VERSION = 13

export interface FetchOptions {
  readonly topicId: Uint8Array
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
  const { topicId, from, partitionBytes, responseBytes, minBytes, waitMs } = options
  const body = new WireWriter().noTags()
  body.int32(-1).int32(waitMs).int32(minBytes).int32(responseBytes).int8(READ_COMMITTED).int32(0).int32(-1)
  body
    .varint(2)
    .uuid(topicId)
    .varint(from.size + 1)
  for (const [partition, offset] of from) {
    body.int32(partition).int32(-1).int64(offset).int32(-1).int64(-1).int32(partitionBytes).noTags()
  }
  body.noTags().varint(1).compactString('').noTags()
  return { apiKey: API_KEY, apiName: 'Fetch', apiVersion: API_VERSION, body: body.bytes, decode: decodeFetch, waitMs }
}

export class FetchRefused extends Error {
  readonly code: number
  constructor(code: number) {
    super(`fetching: error code ${code}`)
    this.name = 'FetchRefused'
    this.code = code
  }
}

function decodeFetch(payload: Buffer): readonly FetchedPartition[] {
  const reader = new WireReader(payload)
  reader.tags()
  reader.int32()
  const code = reader.int16()
  if (code !== 0) throw new FetchRefused(code)
  reader.int32()
  return reader.compactArray(() => decodeTopic(reader)).flat()
}

function decodeTopic(reader: WireReader): FetchedPartition[] {
  reader.uuid()
  const partitions = reader.compactArray(() => decodePartition(reader))
  reader.tags()
  return partitions
}

function decodePartition(reader: WireReader): FetchedPartition {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  reader.int64()
  const startOffset = reader.int64()
  const aborted = reader.compactArray(() => {
    const transaction = { producerId: reader.int64(), firstOffset: reader.int64() }
    reader.tags()
    return transaction
  })
  reader.int32()
  const size = reader.varint() - 1
  const records = size > 0 ? reader.slice(size) : NONE
  reader.tags()
  return { partition, errorCode, highWatermark, startOffset, aborted, records }
}
