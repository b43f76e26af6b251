import { randomBytes } from 'node:crypto'
import type { Compression, KafkaConnection } from '../../consumer/log/kafka/kafka-options.ts'
import { createOwnTopics } from '../../consumer/log/kafka/own-topics.ts'
import { readTopic } from '../../consumer/log/kafka/read-topic.ts'
import { topicsBeside } from '../../consumer/settings/kafka-settings.ts'
import { TopicSink } from '../../producer/sinks/topic-sink.ts'
import { steadyNow } from '../running-service.ts'
import { ConsumerProcess } from './consumer-process.ts'
import type { Venue } from './venue.ts'

export interface KafkaVenueOptions {
  readonly connection: KafkaConnection
  readonly partitions: number
  readonly topicReplication: number
  readonly compression: Compression
  /** How many processes share the topic. */
  readonly consumers: number
  /** What the consumers are told besides the names of topics and group. */
  readonly consumerFlags: readonly string[]
  readonly signal: AbortSignal
}

/** A topic of its own on a real Kafka, shared by consumer processes of its own. */
export async function openKafkaVenue(options: KafkaVenueOptions): Promise<Venue> {
  const { connection, compression, partitions, topicReplication, signal } = options
  const topic = `verify-${randomBytes(6).toString('hex')}`
  const group = topic
  const beside = topicsBeside({ topic, group, snapshotTopic: undefined, deadLetterTopic: undefined })
  const { snapshotTopic, deadLetterTopic } = beside
  const onLeft = (left: readonly string[]): void => {
    process.stderr.write(`verify: could not delete ${left.join(', ')}; delete them by hand\n`)
  }
  const remove = await createOwnTopics({ connection, topic, group, ...beside, partitions, topicReplication, onLeft })
  const sink = new TopicSink({ connection, topic, compression, topicReady: async () => undefined, steadyNow })
  const start = (): ConsumerProcess =>
    new ConsumerProcess([
      ...options.consumerFlags,
      `--topic=${topic}`,
      `--group=${group}`,
      `--kafka-snapshot-topic=${snapshotTopic}`,
      `--kafka-dead-letter-topic=${deadLetterTopic}`,
    ])
  const consumers = Array.from({ length: options.consumers }, start)
  return {
    partitions,
    repeats: true,
    append: (records) => sink.append(records),
    read: () => readWhole(connection, topic),
    async pages() {
      const pages = await Promise.all(consumers.map((consumer) => consumer.page(signal)))
      return pages.filter((page) => page !== undefined)
    },
    async kill() {
      const victim = consumers.findIndex(({ owns }) => owns)
      await consumers[victim]!.kill()
      consumers[victim] = start()
    },
    async close() {
      sink.stopWaiting()
      await Promise.allSettled([sink.close(), ...consumers.map((consumer) => consumer.stop())])
      await remove()
    },
  }
}

async function* readWhole(connection: KafkaConnection, topic: string): ReturnType<Venue['read']> {
  const reading = { connection, topic, startFrom: 'earliest', limit: Number.POSITIVE_INFINITY } as const
  for await (const { partition, offset, logTimeMs, bytes, start, end } of readTopic(reading)) {
    yield { partition, record: { offset, logTimeMs, value: bytes.subarray(start, end) } }
  }
}
