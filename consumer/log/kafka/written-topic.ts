import { registerKafkajsCodecs } from './codecs.ts'
import { COMPRESSION_TYPES } from './dead-letter-topic.ts'
import type { Compression, KafkaConnection } from './kafka-options.ts'
import { Nodes } from './nodes.ts'
import type { PartitionRequest } from './partition-requests.ts'
import { ProducerSession } from './producer-session.ts'
import { TopicView } from './topic-view.ts'
import { wasAnswered } from './write-faults.ts'

/** After which an attempt counts as failed, its outcome unknown. */
const REQUEST_TIMEOUT_MS = 10_000
/** How long a leader waits for the other replicas: less, so that its answer still comes. */
const REPLICAS_TIMEOUT_MS = 8_000
const TOPIC_RESOURCE = 2
const ALL_REPLICAS = -1

export interface WrittenTopicOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  readonly compression: Compression
}

/** The connections over which a topic is written, and where its partitions are: renewed together. */
export class WrittenTopic {
  readonly #nodes: Nodes
  readonly #view: TopicView
  readonly #compression: Compression

  constructor({ connection, topic, compression }: WrittenTopicOptions) {
    registerKafkajsCodecs()
    this.#compression = compression
    this.#nodes = new Nodes(connection, REQUEST_TIMEOUT_MS)
    this.#view = new TopicView(this.#nodes, topic)
  }

  /** How many partitions there are, asked anew. @throws when the topic is missing or nobody can be asked */
  async countPartitions(): Promise<number> {
    await this.#view.refresh()
    return (await this.#view.current()).partitions.size
  }

  /** The largest batch the topic takes, bytes; Infinity where this client may not ask. */
  async mostBatchBytes(): Promise<number> {
    const broker = await this.#nodes.any()
    const resource = { type: TOPIC_RESOURCE, name: this.#view.topic, configNames: ['max.message.bytes'] }
    try {
      const { resources } = await broker.describeConfigs({ resources: [resource] })
      const value = Number(resources[0]?.configEntries[0]?.configValue)
      return value > 0 ? value : Number.POSITIVE_INFINITY
    } catch (error) {
      if (wasAnswered(error)) return Number.POSITIVE_INFINITY
      throw error
    }
  }

  async newSession(): Promise<ProducerSession> {
    const broker = await this.#nodes.any()
    return new ProducerSession(await broker.initProducerId({ transactionalId: undefined, transactionTimeout: 60_000 }))
  }

  /** Resolves when all replicas in sync have the batch. @throws what `writeFaultOf` tells the meaning of */
  async send(session: ProducerSession, partition: number, messages: PartitionRequest): Promise<void> {
    const leader = await this.#nodes.node(await this.#view.leaderOf(partition))
    await leader.produce({
      producerId: session.producerId,
      producerEpoch: session.producerEpoch,
      acks: ALL_REPLICAS,
      timeout: REPLICAS_TIMEOUT_MS,
      compression: COMPRESSION_TYPES[this.#compression],
      topicData: [
        {
          topic: this.#view.topic,
          partitions: [{ partition, firstSequence: session.sequenceOf(partition), messages }],
        },
      ],
    })
  }

  /** What is being sent may still be answered until it times out; nothing new can be. */
  close(): Promise<void> {
    return this.#nodes.close()
  }
}
