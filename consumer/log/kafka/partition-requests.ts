import type { NewRecord } from '../../contract/log-port.ts'
import { partitionOf } from '../../contract/partitioner.ts'

/** A record as kafkajs encodes it. */
export interface KeyedMessage {
  readonly key: Buffer
  readonly value: Buffer
}

/** Sent at once to one partition, as one batch: a broker keeps all of it or nothing. */
export type PartitionRequest = readonly KeyedMessage[]

/** Head of a batch, and the most that the lengths and numbers of a record take beside its key and value. */
const BATCH_HEAD_BYTES = 61
const RECORD_HEAD_BYTES = 27

/** Bytes of a batch with this record alone, or a few more: uncompressed, as the limit of a topic is compared here. */
export const loneBatchBytes = (message: KeyedMessage): number => BATCH_HEAD_BYTES + bytesOf(message)

const bytesOf = ({ key, value }: KeyedMessage): number => RECORD_HEAD_BYTES + key.length + value.length

export const messageOf = ({ key, value }: NewRecord): KeyedMessage => ({
  key: Buffer.from(key),
  value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
})

/**
 * By partition, the requests to send one after another: each record to the partition of its key, in the given order.
 * @param mostBytes of a batch; a longer record goes alone
 */
export function partitionRequests(
  messages: readonly KeyedMessage[],
  partitions: number,
  mostBytes: number,
): Map<number, PartitionRequest[]> {
  const open = new Map<number, { request: KeyedMessage[]; bytes: number }>()
  const requests = new Map<number, PartitionRequest[]>()
  for (const message of messages) {
    const partition = partitionOf(message.key, partitions)
    const size = bytesOf(message)
    const last = open.get(partition)
    if (last !== undefined && last.bytes + size <= mostBytes) {
      last.request.push(message)
      last.bytes += size
      continue
    }
    const request = [message]
    open.set(partition, { request, bytes: BATCH_HEAD_BYTES + size })
    const before = requests.get(partition)
    if (before === undefined) requests.set(partition, [request])
    else before.push(request)
  }
  return requests
}
