import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs, {
  type Admin,
  type IHeaders,
  type Kafka,
  type KafkaConfig,
  type Message,
  type ProducerConfig,
} from 'kafkajs'
import { until } from '../running-start.ts'
import { fetchRecords, type StoredRecord } from './fetch-records.ts'

export interface TopicWords {
  partitions?: number
  configs?: Readonly<Record<string, string | number>>
}

export interface RecordWords {
  value: string | Buffer | null
  key?: string | Buffer | null
  /** Left out, the key decides. */
  partition?: number
  timestampMs?: number
  headers?: IHeaders
}

export interface WriteWords {
  codec?: keyof typeof CODECS
  /** Writes all of it inside one transaction, which ends so. */
  transaction?: 'commit' | 'abort'
}

export interface CommittedPosition {
  readonly offset: number
  readonly metadata: string
}

// Node finds only some of its names from outside.
const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs

const CODECS = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP, zstd: CompressionTypes.ZSTD }
/** A request holds one batch per partition, and Kafka takes a batch of a megabyte. */
const MOST_BYTES_AT_ONCE = 500_000

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
})

/** A name that nothing else has in a Kafka that many tests share. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(6).toString('hex')}`

/** What a test does with Kafka beside the program it tests. */
export class KafkaClient {
  readonly kafka: Kafka
  readonly admin: Admin

  constructor(kafka: Kafka) {
    this.kafka = kafka
    this.admin = kafka.admin()
  }

  /** Creates a topic with a name of its own, and gives that. Records of long ago stay, unless the configs say otherwise. */
  async createTopic({ partitions = 1, configs = {} }: TopicWords = {}): Promise<string> {
    const topic = uniqueName('topic')
    const configEntries = Object.entries({ 'retention.ms': -1, ...configs }).map(([name, value]) => ({
      name,
      value: String(value),
    }))
    await this.admin
      .createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })
      .catch((error: { readonly type?: string }) => {
        // The topic is created; the client only waits for its leaders, and a busy broker has not heard of it yet.
        if (error.type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      })
    await this.#untilUsable(topic, partitions)
    return topic
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] })
  }

  /** The broker takes the new word for its own a moment after it has said yes. */
  async setConfig(topic: string, name: string, value: string | number): Promise<void> {
    const configEntries = [{ name, value: String(value) }]
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }]
    await this.admin.alterConfigs({ validateOnly: false, resources })
  }

  /** Lets the topic take no batch of more bytes; records of `ann` with as many may be in it before that is so. */
  async limitBatches(topic: string, bytes: number): Promise<void> {
    await this.setConfig(topic, 'max.message.bytes', bytes)
    const tooLarge = { key: 'ann', value: Buffer.alloc(bytes) }
    await until(
      () =>
        this.write(topic, [tooLarge]).then(
          () => undefined,
          () => true,
        ),
      'the broker to follow its configuration',
    )
  }

  /** Makes it so many partitions, and waits until all of them can be used. */
  async addPartitions(topic: string, count: number): Promise<void> {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count }] })
    await this.#untilUsable(topic, count)
  }

  async #untilUsable(topic: string, count: number): Promise<void> {
    await until(async () => {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] })
      const { partitions } = topics[0]!
      if (partitions.length !== count || partitions.some(({ leader }) => leader < 0)) return undefined
      // A leader may be named before it knows.
      return (await this.admin.fetchTopicOffsets(topic)).length === count ? true : undefined
    }, `${topic} to have ${count} partitions`)
  }

  /** Writes the records in their order; they are stored, and their transaction has ended, when this is over. */
  async write(topic: string, records: readonly RecordWords[], { codec, transaction }: WriteWords = {}): Promise<void> {
    const acks = -1
    const compression = CODECS[codec ?? 'none']
    // The client sends all again where one partition has no leader yet: the broker must know what it has.
    const words = {
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      idempotent: true,
      ...(transaction && { transactionalId: uniqueName('transaction') }),
    }
    const producer = this.kafka.producer(words)
    await producer.connect()
    try {
      const open = transaction && (await producer.transaction())
      for (const messages of requestsOf(records)) {
        await (open ?? producer).send({ topic, messages, acks, compression })
      }
      await open?.[transaction!]()
    } finally {
      await producer.disconnect()
    }
    if (transaction) await this.#afterMarkers(words)
  }

  /** Kafka confirms the end of a transaction before it is in the log, but lets its id begin another only after that. */
  async #afterMarkers(words: ProducerConfig): Promise<void> {
    const next = this.kafka.producer(words)
    await next.connect()
    try {
      await (await next.transaction()).abort()
    } finally {
      await next.disconnect()
    }
  }

  /** Everything in the topic, without what was aborted or is not committed yet. */
  async readAll(topic: string): Promise<StoredRecord[]> {
    const bounds = await this.admin.fetchTopicOffsets(topic)
    return fetchRecords(this.kafka, topic, new Map(bounds.map(({ partition, low }) => [partition, Number(low)])))
  }

  /** By partition, what the group has committed; a partition it never committed is not there. */
  async committed(group: string, topic: string): Promise<Map<number, CommittedPosition>> {
    const [answer] = await this.admin.fetchOffsets({ groupId: group, topics: [topic] })
    const positions = answer!.partitions.filter(({ offset }) => Number(offset) >= 0)
    return new Map(
      positions.map(({ partition, offset, metadata }) => [
        partition,
        { offset: Number(offset), metadata: metadata ?? '' },
      ]),
    )
  }

  async disconnect(): Promise<void> {
    await this.admin.disconnect()
  }
}

/** Connects to a Kafka, patient enough for one that is just coming back. */
export async function connectKafka(bootstrap: string, otherwise: Partial<KafkaConfig> = {}): Promise<KafkaClient> {
  const client = new KafkaClient(
    new kafkajs.Kafka({
      brokers: bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 5_000,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 30 },
      ...otherwise,
      // kafkajs writes into the object, and would log in as before with a copy of it that has another password.
      ...(otherwise.sasl && { sasl: { ...otherwise.sasl } }),
    }),
  )
  await client.admin.connect()
  return client
}

function* requestsOf(records: readonly RecordWords[]): Generator<Message[]> {
  let messages: Message[] = []
  let bytes = 0
  for (const { timestampMs, ...record } of records) {
    const size = Buffer.byteLength(record.value ?? '')
    if (bytes + size > MOST_BYTES_AT_ONCE && messages.length > 0) {
      yield messages
      messages = []
      bytes = 0
    }
    messages.push({ ...record, ...(timestampMs !== undefined && { timestamp: String(timestampMs) }) })
    bytes += size
  }
  if (messages.length > 0) yield messages
}
