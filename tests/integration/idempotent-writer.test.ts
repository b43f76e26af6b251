import kafkajs from 'kafkajs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RecordsTooLarge } from '../../consumer/contract/durable-log.ts'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { IdempotentWriter } from '../../consumer/log/kafka/idempotent-writer.ts'
import type { Compression, KafkaConnection } from '../../consumer/log/kafka/kafka-options.ts'
import { messageOf } from '../../consumer/log/kafka/partition-requests.ts'
import { topicReady } from '../../consumer/log/kafka/topic-ready.ts'
import { writeFaultOf } from '../../consumer/log/kafka/write-faults.ts'
import { WrittenTopic } from '../../consumer/log/kafka/written-topic.ts'
import { connectKafka, type KafkaClient, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import type { NativeBroker } from '../kafka/native-broker.ts'
import { until } from '../running-start.ts'

const steadyNow = (): number => performance.now()
const connectionTo = (bootstrap: string): KafkaConnection => {
  return { brokers: bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined }
}

interface WriterWords {
  readonly compression?: Compression
  readonly topicReady?: () => Promise<void>
}

function openWriter(bootstrap: string, topic: string, words: WriterWords = {}): IdempotentWriter {
  const connection = connectionTo(bootstrap)
  const writer = new IdempotentWriter({
    connection,
    topic,
    compression: 'none',
    topicReady: async () => {},
    steadyNow,
    ...words,
  })
  onTestFinished(() => writer.close())
  return writer
}

const someRecords = (count: number, { bytes = 10, from = 0 } = {}): NewRecord[] =>
  Array.from({ length: count }, (_, index) => {
    const id = String(from + index)
    return { key: `user-${id}`, value: Buffer.from(id.padEnd(bytes)) }
  })

/** By partition, the ids in the topic in their order. */
async function storedIds(kafka: KafkaClient, topic: string): Promise<Map<number, number[]>> {
  const stored = new Map<number, number[]>()
  for (const { partition, value } of await kafka.readAll(topic)) {
    stored.set(partition, [...(stored.get(partition) ?? []), Number(String(value))])
  }
  return stored
}

/** All ids, each as often as the topic holds it, in the order of numbers. */
const allIds = async (kafka: KafkaClient, topic: string): Promise<number[]> =>
  [...(await storedIds(kafka, topic)).values()].flat().sort((a, b) => a - b)

/** What kafkajs makes of a broker's refusal. */
const protocolError = (type: string, retriable: boolean) => ({ type, retriable, name: type, message: type, code: 0 })

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Connected to a broker of the test's own, until the test is over. */
async function clientOf(broker: NativeBroker): Promise<KafkaClient> {
  const client = await connectKafka(broker.bootstrap)
  onTestFinished(() => client.disconnect())
  return client
}

/** Deletes it and waits until no record can get into it any more. */
async function deleteTopic(kafka: KafkaClient, topic: string): Promise<void> {
  await kafka.deleteTopic(topic)
  await until(async () => ((await kafka.admin.listTopics()).includes(topic) ? undefined : true), `the end of ${topic}`)
}

describe('an idempotent writer', () => {
  kafkaTest('puts records where the ordinary one puts them, in their order', async ({ broker, kafka }) => {
    const [topic, other] = [await kafka.createTopic({ partitions: 16 }), await kafka.createTopic({ partitions: 16 })]
    const ordinary = kafka.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await ordinary.connect()
    const writer = openWriter(broker.bootstrap, topic)
    const warnings: string[] = []
    const warn = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', warn)
    for (const from of [0, 2_000]) {
      await writer.append(someRecords(2_000, { from }))
      const messages = someRecords(2_000, { from }).map(messageOf)
      await ordinary.send({ topic: other, messages: [...messages] })
    }
    await ordinary.disconnect()
    process.off('warning', warn)
    const stored = await storedIds(kafka, topic)
    expect(stored).toEqual(await storedIds(kafka, other))
    expect([stored.size, warnings, writer.trouble]).toEqual([16, [], undefined])
  })

  kafkaTest.for<Compression>(['none', 'gzip', 'zstd'])(
    'takes more at once than a broker takes as one batch (%s)',
    async (compression, { broker, kafka }) => {
      const topic = await kafka.createTopic({ partitions: 2 })
      await openWriter(broker.bootstrap, topic, { compression }).append(someRecords(60, { bytes: 100_000 }))
      expect(await allIds(kafka, topic)).toEqual(upTo(60))
    },
  )

  kafkaTest('takes records longer than it sends together, and none at all', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const writer = openWriter(broker.bootstrap, topic)
    await writer.append([])
    await writer.append(someRecords(3, { bytes: 700_000 }))
    expect(await allIds(kafka, topic)).toEqual([0, 1, 2])
  })

  kafkaTest('creates its topic, and does so again when that was deleted', async ({ broker, kafka }) => {
    const topic = uniqueName('collected')
    const plan = { topic, partitions: 2, replication: 1, configs: {} }
    const ready = (): Promise<void> => topicReady({ connection: connectionTo(broker.bootstrap), plan, mayCreate: true })
    const writer = openWriter(broker.bootstrap, topic, { topicReady: ready })
    await writer.append(someRecords(10))
    expect(await allIds(kafka, topic)).toEqual(upTo(10))

    await deleteTopic(kafka, topic)
    await writer.append(someRecords(20))
    expect(await allIds(kafka, topic)).toEqual(upTo(20))
  })

  kafkaTest('begins anew when its partitions are gone', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 8 })
    const writer = openWriter(broker.bootstrap, topic)
    await writer.append(someRecords(100))
    await deleteTopic(kafka, topic)
    const appending = writer.append(someRecords(100))
    appending.catch(() => undefined)
    await until(async () => writer.trouble, 'the topic to be missed')
    await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
    await expect(appending).rejects.toThrow('was made anew with 2 partitions; append again')

    await writer.append(someRecords(100, { from: 100 }))
    const stored = await allIds(kafka, topic)
    expect(stored.filter((id) => id >= 100)).toEqual(upTo(200).slice(100))
    expect(new Set(stored).size).toBe(stored.length)
  })
})

describe('a record larger than the topic takes', () => {
  kafkaTest('is known before anything is sent', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 4, configs: { 'max.message.bytes': 5_000 } })
    const writer = openWriter(broker.bootstrap, topic)
    const large = { key: 'ann', value: Buffer.alloc(6_000) }
    const refused = writer.append([...someRecords(10), large])
    await expect(refused).rejects.toThrow(RecordsTooLarge)
    await expect(refused).rejects.toThrow(/takes 6091 bytes, and topic .* at most 5000: raise its max.message.bytes/)
    expect(await allIds(kafka, topic)).toEqual([])
    // And what the topic just takes is taken, many of them too.
    await writer.append(someRecords(40, { bytes: 4_890 }))
    expect(await allIds(kafka, topic)).toEqual(upTo(40))
  })

  kafkaTest('is refused by the broker where the limit was lowered meanwhile', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const [writer, other] = [openWriter(broker.bootstrap, topic), openWriter(broker.bootstrap, topic)]
    await Promise.all([writer.connect(), other.connect()])
    await kafka.limitBatches(topic, 5_000)
    const large = { key: 'ann', value: Buffer.alloc(6_000, 'x') }
    await writer.append(someRecords(30, { bytes: 1_000 }))
    await expect(other.append([large])).rejects.toThrow(RecordsTooLarge)
    await expect(writer.append([...someRecords(1, { from: 30, bytes: 4_000 }), large])).rejects.toThrow(
      'other records of the same append are in the log',
    )
    // From now on the writers know.
    await expect(writer.append([...someRecords(1), large])).rejects.toThrow(RecordsTooLarge)
    await expect(other.append([...someRecords(1), large])).rejects.toThrow(RecordsTooLarge)
    const ids = await allIds(kafka, topic)
    expect(ids.filter((id) => !Number.isNaN(id)).sort((a, b) => a - b)).toEqual(upTo(31))
  })
})

describe('a batch that is sent again', () => {
  kafkaTest('is kept once; one out of order is refused', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const written = new WrittenTopic({ connection: connectionTo(broker.bootstrap), topic, compression: 'none' })
    onTestFinished(() => written.close())
    await written.countPartitions()
    const session = await written.newSession()
    const batches = upTo(8).map((from) => someRecords(5, { from: 5 * from }).map(messageOf))
    for (const batch of batches) {
      await written.send(session, 0, batch)
      await written.send(session, 0, batch)
      session.advance(0, 5)
    }
    for (const movedOn of [-40, 1_000]) {
      session.advance(0, movedOn)
      expect(await written.send(session, 0, batches[0]!).catch(writeFaultOf)).toBe('refused')
    }
    expect(await allIds(kafka, topic)).toEqual(upTo(40))
  })

  test.each([
    [new kafkajs.KafkaJSProtocolError(protocolError('DUPLICATE_SEQUENCE_NUMBER', false)), 'stored'],
    [new kafkajs.KafkaJSProtocolError(protocolError('RECORD_LIST_TOO_LARGE', false)), 'too_large'],
    [new kafkajs.KafkaJSProtocolError(protocolError('UNKNOWN_PRODUCER_ID', false)), 'refused'],
    [new kafkajs.KafkaJSProtocolError(protocolError('INVALID_PRODUCER_EPOCH', false)), 'refused'],
    [new kafkajs.KafkaJSProtocolError(protocolError('TOPIC_AUTHORIZATION_FAILED', false)), 'refused'],
    [new kafkajs.KafkaJSProtocolError(protocolError('NOT_ENOUGH_REPLICAS_AFTER_APPEND', true)), 'try_again'],
    [Object.assign(new Error('the password is wrong'), { retriable: false }), 'try_again'],
    [new Error('no broker can be reached'), 'try_again'],
    [new TypeError('undefined is not a function'), 'refused'],
  ] as const)('is not needed, of use, or in vain: %s is %s', (error, fault) => {
    expect(writeFaultOf(error)).toBe(fault)
  })
})

interface Loss {
  readonly how: string
  /** What the writer says while the broker is away. */
  readonly trouble: RegExp
  readonly lose: (broker: NativeBroker) => unknown
  readonly comesBack: (broker: NativeBroker) => unknown
}

const LOSSES: readonly Loss[] = [
  {
    how: 'is stopped',
    trouble: /ECONNREFUSED|[Cc]onnection|node/,
    lose: (broker) => broker.stop(),
    comesBack: (broker) => broker.start(),
  },
  {
    how: 'is killed',
    trouble: /ECONNREFUSED|[Cc]onnection|node/,
    lose: (broker) => broker.kill(),
    comesBack: (broker) => broker.start(),
  },
  {
    how: 'hangs until requests time out',
    trouble: /timed out/,
    lose: (broker) => broker.pause(),
    comesBack: (broker) => broker.resume(),
  },
]

describe('a broker of its own', () => {
  kafkaTest.for(LOSSES)(
    'that $how under load and comes back has every record once',
    async ({ trouble, lose, comesBack }, { startOwn }) => {
      const broker = await startOwn()
      const kafka = await clientOf(broker)
      const topic = await kafka.createTopic({ partitions: 3 })
      const writer = openWriter(broker.bootstrap, topic)
      let appended = 0
      let isOver = false
      const appending = (async () => {
        for (; !isOver; appended += 500) await writer.append(someRecords(500, { from: appended }))
      })()
      await until(async () => (appended >= 5_000 ? true : undefined), 'some appends')
      await lose(broker)
      await until(async () => (trouble.test(writer.trouble ?? '') ? true : undefined), 'trouble')
      const before = appended
      await comesBack(broker)
      await until(async () => (appended >= before + 5_000 ? true : undefined), 'some more appends')
      isOver = true
      await appending
      expect(writer.trouble).toBeUndefined()
      const stored = await storedIds(kafka, topic)
      for (const ids of stored.values()) expect(ids).toEqual(ids.toSorted((a, b) => a - b))
      expect([...stored.values()].flat().sort((a, b) => a - b)).toEqual(upTo(appended))
    },
  )

  kafkaTest('that is away at first is waited for', async ({ startOwn }) => {
    const broker = await startOwn()
    const kafka = await clientOf(broker)
    const topic = await kafka.createTopic()
    await broker.stop()
    const writer = openWriter(broker.bootstrap, topic)
    expect(writer.trouble).toBeUndefined()
    const connecting = writer.connect()
    const trouble = await until(async () => writer.trouble, 'trouble')
    expect(trouble).toContain(`no broker can be reached: ${broker.bootstrap}`)
    const appending = writer.append(someRecords(10))
    await broker.start()
    await connecting
    await appending
    expect(writer.trouble).toBeUndefined()
    expect(await allIds(kafka, topic)).toEqual(upTo(10))
  })

  kafkaTest('that hangs does not keep the writer from closing', async ({ startOwn }) => {
    const broker = await startOwn()
    const kafka = await clientOf(broker)
    const topic = await kafka.createTopic({ partitions: 2 })
    const writer = openWriter(broker.bootstrap, topic)
    await writer.append(someRecords(10))
    broker.pause()
    const appending = writer.append(someRecords(10, { from: 10 }))
    const trouble = await until(async () => writer.trouble, 'trouble')
    expect(trouble).toMatch(/^partition \d of topic .*: no answer for \d+ s$/)
    const closing = writer.close()
    await expect(appending).rejects.toThrow(`the writer of topic ${topic} is closed`)
    await expect(writer.append([])).rejects.toThrow('is closed')
    await expect(writer.connect()).rejects.toThrow('is closed')
    broker.resume()
    await closing
    const stored = await allIds(kafka, topic)
    expect(new Set(stored).size).toBe(stored.length)
    expect(stored.slice(0, 10)).toEqual(upTo(10))
  })
})
