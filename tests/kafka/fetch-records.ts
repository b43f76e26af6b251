import { createRequire } from 'node:module'
import type { IHeaders, Kafka } from 'kafkajs'

/** A record as a reader of committed transactions sees it. */
export interface StoredRecord {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: IHeaders
}

// What lies below the public interface of kafkajs can be asked for the records from an offset on. Its consumer needs a
// group, and is told nothing of an end that consists of transaction markers.
interface FetchedPartition {
  readonly lastStableOffset: string
}
interface Leader {
  fetch(request: {
    isolationLevel: number
    maxWaitTime: number
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[]
  }): Promise<{ responses: { partitions: FetchedPartition[] }[] }>
}
interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
  findBroker(node: { nodeId: string }): Promise<Leader>
}
interface Message {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: IHeaders
}
type BatchClass = new (
  topic: string,
  fetchedOffset: string,
  fetched: FetchedPartition,
) => { readonly messages: readonly Message[]; lastOffset(): string }

const Batch: BatchClass = createRequire(import.meta.url)('kafkajs/src/consumer/batch')

const READ_COMMITTED = 1
const MOST_BYTES = 4_000_000

/** The records of a topic, partition by partition, from the given offsets to the end of what is committed. */
export async function fetchRecords(
  kafka: Kafka,
  topic: string,
  from: ReadonlyMap<number, number>,
): Promise<StoredRecord[]> {
  const cluster = newCluster(kafka)
  await cluster.connect()
  try {
    await cluster.addTargetTopic(topic)
    const records: StoredRecord[] = []
    for (const [nodeId, partitions] of Object.entries(cluster.findLeaderForPartitions(topic, [...from.keys()]))) {
      const leader = await cluster.findBroker({ nodeId })
      for (const partition of partitions) {
        for await (const record of recordsOf(leader, topic, partition, from.get(partition)!)) records.push(record)
      }
    }
    return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  } finally {
    await cluster.disconnect()
  }
}

function newCluster(kafka: Kafka): Cluster {
  const name = Object.getOwnPropertySymbols(kafka).find(({ description }) => description?.endsWith('createCluster'))
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[name!]!
  return create({ allowAutoTopicCreation: false })
}

async function* recordsOf(
  leader: Leader,
  topic: string,
  partition: number,
  from: number,
): AsyncGenerator<StoredRecord> {
  for (let position = from; ; ) {
    const request = { partition, fetchOffset: String(position), maxBytes: MOST_BYTES }
    const { responses } = await leader.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: 0,
      topics: [{ topic, partitions: [request] }],
    })
    const fetched = responses[0]!.partitions[0]!
    const batch = new Batch(topic, request.fetchOffset, fetched)
    for (const { offset, timestamp, key, value, headers = {} } of batch.messages) {
      yield { partition, offset: Number(offset), timestampMs: Number(timestamp), key, value, headers }
    }
    position = Number(batch.lastOffset()) + 1
    if (position >= Number(fetched.lastStableOffset)) return
  }
}
