import { type Kafka, Partitioners, type Producer } from 'kafkajs'
import { COMPRESSION_TYPES } from '../consumer/log/kafka/dead-letter-topic.ts'
import type { Compression } from '../consumer/log/kafka/kafka-options.ts'
import type { NewRecord } from '../consumer/log/port.ts'

export interface KafkaSinkOptions {
  readonly client: Kafka
  readonly topic: string
  readonly compression: Compression
}

/** Appends records to a topic, each to the partition of its key, as Kafka's own clients choose it. */
export class KafkaSink {
  readonly #producer: Producer
  readonly #topic: string
  readonly #compression: Compression

  constructor({ client, topic, compression }: KafkaSinkOptions) {
    this.#topic = topic
    this.#compression = compression
    this.#producer = client.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    })
  }

  connect(): Promise<void> {
    return this.#producer.connect()
  }

  /** Resolves when every replica in sync has them. What failed may have been stored all the same. */
  async append(records: readonly NewRecord[]): Promise<void> {
    const messages = records.map(({ key, value }) => ({
      key,
      value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    }))
    await this.#producer.send({
      topic: this.#topic,
      acks: -1,
      compression: COMPRESSION_TYPES[this.#compression],
      messages,
    })
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }
}
