import { kafkaConnectionOf } from '../consumer/kafka-options.ts'
import type { KafkaConnection } from '../consumer/log/kafka/kafka-options.ts'
import { topicReady } from '../consumer/log/kafka/topic-ready.ts'
import { TopicWriter } from '../consumer/log/kafka/topic-writer.ts'
import { sourceTopicPlan } from '../consumer/log/kafka/topics.ts'
import type { KafkaConnectionSettings, TopicCreationSettings } from '../consumer/settings/kafka-settings.ts'
import type { Settings } from '../consumer/settings/settings.ts'
import { EndpointSink } from './sinks/endpoint-sink.ts'
import { openFileSink, streamSink } from './sinks/lines-sink.ts'
import type { Sink } from './sinks/sink.ts'

export type DestinationSettings = KafkaConnectionSettings &
  TopicCreationSettings &
  Settings<'topic' | 'compression' | 'endpoint' | 'apiKey' | 'output'>

/** Where a producer's events go. */
export interface Destination {
  readonly inWords: string
  /** How the topic is reached that events can be read back from; undefined where there is none. */
  readonly kafka: KafkaConnection | undefined
  /** @throws {SinkRefused} when a file cannot be written */
  open(): Promise<Sink>
}

/** @throws {RefusedSettings} when a file that the Kafka settings name cannot be read */
export function destinationOf(settings: DestinationSettings, now: () => number): Destination {
  const { endpoint: url, apiKey, output } = settings
  if (url !== undefined) {
    return { inWords: url, kafka: undefined, open: async () => new EndpointSink({ url, apiKey, now }) }
  }
  if (output === '-') {
    return { inWords: 'standard output', kafka: undefined, open: async () => streamSink(process.stdout) }
  }
  if (output !== undefined) return { inWords: output, kafka: undefined, open: () => openFileSink(output) }
  return kafkaDestination(settings)
}

function kafkaDestination(settings: DestinationSettings): Destination {
  const { topic, compression, createTopics, partitions, topicReplication, topicRetentionMs } = settings
  const connection = kafkaConnectionOf(settings)
  const plan = sourceTopicPlan(topic, { partitions, replication: topicReplication, retentionMs: topicRetentionMs })
  return {
    inWords: `${topic} at ${connection.brokers.join(', ')}`,
    kafka: connection,
    open: async () =>
      new TopicWriter({
        connection,
        topic,
        compression,
        topicReady: () => topicReady({ connection, plan, mayCreate: createTopics }),
      }),
  }
}
