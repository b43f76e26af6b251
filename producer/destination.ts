import { kafkaConnectionOf } from '../consumer/kafka-options.ts'
import type { KafkaConnection } from '../consumer/log/kafka/kafka-options.ts'
import { topicReady } from '../consumer/log/kafka/topic-ready.ts'
import { sourceTopicPlan } from '../consumer/log/kafka/topics.ts'
import type { KafkaConnectionSettings, TopicCreationSettings } from '../consumer/settings/kafka-settings.ts'
import type { Settings } from '../consumer/settings/settings.ts'
import { EmbeddedSink } from './sinks/embedded-sink.ts'
import { EndpointSink } from './sinks/endpoint-sink.ts'
import { type FileWords, openFileSink, streamSink } from './sinks/lines-sink.ts'
import type { Sink } from './sinks/sink.ts'
import { TopicSink } from './sinks/topic-sink.ts'

export type TopicSettings = TopicCreationSettings & Settings<'topic' | 'compression'>

export type DestinationSettings = KafkaConnectionSettings & TopicSettings & Settings<'endpoint' | 'apiKey' | 'output'>

export type EmbeddedSettings = Settings<'data' | 'topic' | 'partitions' | 'retentionBytes'>

export interface Clocks {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
}

/** Where a producer's events go. */
export interface Destination {
  readonly inWords: string
  /** How the topic is reached that events can be read back from; undefined where there is none. */
  readonly kafka: KafkaConnection | undefined
  /**
   * @param words of a file
   * @throws {SinkRefused} when a file or folder cannot be written
   * @throws as `beforeReplacing`
   */
  open(words?: FileWords): Promise<Sink>
}

/** @throws {RefusedSettings} when a file that the Kafka settings name cannot be read */
export function destinationOf(settings: DestinationSettings, { now, steadyNow }: Clocks): Destination {
  const { endpoint: url, apiKey, output } = settings
  if (url !== undefined) {
    return { inWords: url, kafka: undefined, open: async () => new EndpointSink({ url, apiKey, now }) }
  }
  if (output === '-') {
    return { inWords: 'standard output', kafka: undefined, open: async () => streamSink(process.stdout) }
  }
  if (output !== undefined) {
    return { inWords: output, kafka: undefined, open: (words) => openFileSink(output, words) }
  }
  return topicDestination(kafkaConnectionOf(settings), settings, steadyNow)
}

/** The embedded log, in a folder that no other process has open. */
export function embeddedDestination(settings: EmbeddedSettings, now: () => number): Destination {
  const { data: folder, topic, partitions, retentionBytes } = settings
  return {
    inWords: `the embedded log in ${folder}`,
    kafka: undefined,
    // Who only appends has no positions: the group is nobody's.
    open: async () => new EmbeddedSink({ folder, topic, group: '', partitions, retentionBytes, now }),
  }
}

/** A topic of Kafka. */
export function topicDestination(
  connection: KafkaConnection,
  settings: TopicSettings,
  steadyNow: () => number,
): Destination {
  const { topic, compression, createTopics, partitions, topicReplication, topicRetentionMs } = settings
  const plan = sourceTopicPlan(topic, { partitions, replication: topicReplication, retentionMs: topicRetentionMs })
  return {
    inWords: `${topic} at ${connection.brokers.join(', ')}`,
    kafka: connection,
    open: async () =>
      new TopicSink({
        connection,
        topic,
        compression,
        topicReady: () => topicReady({ connection, plan, mayCreate: createTopics }),
        steadyNow,
      }),
  }
}
