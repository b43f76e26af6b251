import { type Message, Partitioners, type Producer } from 'kafkajs'
import type { NewRecord } from '../port.ts'
import { COMPRESSION_TYPES } from './dead-letter-topic.ts'
import { kafkaClient } from './kafka-client.ts'
import type { Compression, KafkaConnection } from './kafka-options.ts'

export interface TopicWriterOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  readonly compression: Compression
  /** Awaited before the first records and after every failure: the topic is there. */
  readonly topicReady: () => Promise<void>
}

/** Sent at once. A broker takes a batch of a megabyte unless told otherwise, and all may be for one partition. */
const REQUEST_BYTES = 500_000
/** Tries of a request before it counts as failed and is said to have; whoever appends tries again anyway. */
const RETRIES = 2

/** Appends records to a topic, each to the partition of its key, as Kafka's own clients choose it. */
export class TopicWriter {
  readonly #options: TopicWriterOptions
  readonly #producer: Producer
  readonly #stopping = new AbortController()
  #ready = false
  #unconfirmed = 0

  constructor(options: TopicWriterOptions) {
    this.#options = options
    this.#producer = kafkaClient(options.connection).producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: RETRIES },
    })
  }

  /** Records of the last append, if they were sent and not acknowledged: the topic may hold them. */
  get unconfirmed(): number {
    return this.#unconfirmed
  }

  /** Resolves when every replica in sync has them. What failed may have been stored all the same. One at a time. */
  async append(records: readonly NewRecord[]): Promise<void> {
    const { topic, compression } = this.#options
    try {
      if (!this.#ready) await this.#prepare()
      this.#unconfirmed = records.length
      for (const messages of requestsOf(records)) {
        await this.#producer.send({ topic, acks: -1, compression: COMPRESSION_TYPES[compression], messages })
      }
      this.#unconfirmed = 0
    } catch (error) {
      this.#ready = false
      throw error
    }
  }

  /** An append that still waits for the brokers or the topic fails now; one that is being sent goes on. */
  stopWaiting(): void {
    this.#stopping.abort(new Error('the writer of the topic is stopping'))
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }

  async #prepare(): Promise<void> {
    const { signal } = this.#stopping
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      this.#connect()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', abort))
    })
    this.#ready = true
  }

  async #connect(): Promise<void> {
    await this.#options.topicReady()
    await this.#producer.connect()
  }
}

function* requestsOf(records: readonly NewRecord[]): Generator<Message[]> {
  let messages: Message[] = []
  let bytes = 0
  for (const { key, value } of records) {
    if (messages.length > 0 && bytes + value.length > REQUEST_BYTES) {
      yield messages
      messages = []
      bytes = 0
    }
    messages.push({ key, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) })
    bytes += value.length
  }
  if (messages.length > 0) yield messages
}
