import type { Compression } from '../../../consumer/log/kafka/kafka-options.ts'
import type { KafkaClient } from '../../kafka/kafka-client.ts'
import { type Audience, type Shape, Traffic } from '../traffic.ts'

export const PARTITIONS = 4

export interface Filling {
  readonly events: number
  readonly shape: Shape
  readonly codec: Extract<Compression, 'none' | 'zstd'>
}

/** As in the bench of the core: from 700,000 events on, sessions close and ids expire as fast as others come. */
const VISITS: Audience = { users: 1_000_000, visitors: 10_000, intervalMs: 4 }
const BLOCK = 20_000

/** A topic that holds so many events, keyed by user: sent by half a megabyte, as a producer under load does. */
export async function filledTopic(kafka: KafkaClient, { events, shape, codec }: Filling): Promise<string> {
  const topic = await kafka.createTopic({ partitions: PARTITIONS })
  const traffic = new Traffic({ shape, ...VISITS })
  for (let left = events; left > 0; left -= BLOCK) {
    const { ranges } = traffic.next(Math.min(BLOCK, left))
    const records = ranges.map(({ bytes, start, end, logTimeMs: timestampMs }) => {
      const value = Buffer.from(bytes.subarray(start, end))
      return { key: String(JSON.parse(value.toString()).user_id), value, timestampMs }
    })
    await kafka.write(topic, records, { codec })
  }
  return topic
}
