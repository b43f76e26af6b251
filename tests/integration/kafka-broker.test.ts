import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import type { SASLOptions } from 'kafkajs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { firstLineOf, inAnotherProcess } from '../kafka/another-process.ts'
import { brokerTool } from '../kafka/broker-tool.ts'
import { connectKafka, type KafkaClient, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import type { SharedBroker } from '../kafka/ladder.ts'
import type { SecureListener } from '../kafka/native-broker.ts'
import { shareBroker } from '../kafka/shared-broker.ts'
import { until } from '../running-start.ts'

async function connected(...words: Parameters<typeof connectKafka>): Promise<KafkaClient> {
  const client = await connectKafka(...words)
  onTestFinished(() => client.disconnect())
  return client
}

const textsIn = async (client: KafkaClient, topic: string): Promise<string[]> =>
  (await client.readAll(topic)).map(({ value }) => String(value))

/** Whether somebody takes connections there. */
function listens(bootstrap: string): Promise<boolean> {
  const [host, port] = bootstrap.split(':')
  return new Promise((resolve) => {
    const socket = connect({ host: host!, port: Number(port) })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

describe('a broker of the test’s own', () => {
  kafkaTest('has its port, its settings and its records after every end and start', async ({ startOwn }) => {
    const broker = await startOwn({ properties: { 'message.max.bytes': 3_000 } })
    const first = await connected(broker.bootstrap)
    const topic = await first.createTopic()
    await first.write(topic, [{ value: 'before' }])

    for (const end of ['kill', 'stop'] as const) {
      await broker[end]()
      expect(await listens(broker.bootstrap)).toBe(false)
      await broker.start()
      const next = await connected(broker.bootstrap)
      await next.write(topic, [{ value: `after ${end}` }])
    }

    const last = await connected(broker.bootstrap)
    expect(await textsIn(last, topic)).toEqual(['before', 'after kill', 'after stop'])
    await expect(last.write(topic, [{ value: Buffer.alloc(4_000) }])).rejects.toThrow('larger than the max')
  })

  kafkaTest('takes connections and answers nothing while it is paused', async ({ startOwn }) => {
    const broker = await startOwn({ forLoad: true })

    broker.pause()
    expect(await listens(broker.bootstrap)).toBe(true)
    await expect(connectKafka(broker.bootstrap, { requestTimeout: 300, retry: { retries: 0 } })).rejects.toThrow(
      'timed out',
    )

    broker.resume()
    const client = await connected(broker.bootstrap)
    expect(await textsIn(client, await client.createTopic())).toEqual([])
  })

  test('ends with the process that started it, and leaves nothing, however that process ends', async ({ skip }) => {
    const owner = inAnotherProcess(`
      import { startBroker } from './native-broker.ts'
      const say = (line) => console.log(JSON.stringify(line))
      await startBroker().then(({ bootstrap, folder }) => say({ bootstrap, folder }), ({ name, message }) => say({ name, message }))
    `)
    const { bootstrap, folder, name, message } = await firstLineOf<Record<string, string>>(owner)
    if (name === 'NoBroker') skip(message)
    expect(await listens(bootstrap!)).toBe(true)
    expect(existsSync(folder!)).toBe(true)

    owner.kill('SIGKILL')

    await until(async () => ((await listens(bootstrap!)) ? undefined : true), 'the broker to end')
    await until(async () => (existsSync(folder!) ? undefined : true), 'its folder to be gone')
  })

  kafkaTest('that ends while it starts says why', async ({ startOwn }) => {
    await expect(startOwn({ properties: { 'broker.session.timeout.ms': 'soon' } })).rejects.toThrow(
      /Invalid value soon for configuration broker\.session\.timeout\.ms/,
    )
  })
})

describe('a second listener', () => {
  const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
  const tls = ({ ca }: SecureListener) => ({ ssl: { ca: ca! } })

  /** Fails unless a client like that gets an answer. */
  async function ask({ bootstrap }: SecureListener, config: Parameters<typeof connectKafka>[1]): Promise<void> {
    const client = await connected(bootstrap, { ...config, retry: { retries: 0 } })
    await client.admin.listTopics()
  }

  kafkaTest.for(['sasl_plaintext', 'sasl_ssl'] as const)(
    'with %s takes its user by every mechanism, and nobody else',
    async (security, { startOwn }) => {
      const { secure } = await startOwn({ security })
      const transport = security === 'sasl_ssl' ? tls(secure!) : {}
      for (const mechanism of MECHANISMS) {
        const user = { mechanism, ...secure!.user! } as SASLOptions
        await ask(secure!, { ...transport, sasl: user })
        const stranger = { ...user, password: 'a guess' } as SASLOptions
        await expect(ask(secure!, { ...transport, sasl: stranger })).rejects.toThrow(/[Aa]uthentication failed/)
      }
      await expect(ask(secure!, transport)).rejects.toThrow('Closed connection')
    },
  )

  kafkaTest('with tls is known by its authority, and answers nobody in the clear', async ({ startOwn }) => {
    const { secure } = await startOwn({ security: 'tls' })
    await ask(secure!, tls(secure!))
    await expect(ask(secure!, { ssl: true })).rejects.toThrow('certificate')
    await expect(ask(secure!, {})).rejects.toThrow('Closed connection')
  })

  kafkaTest('with mutual_tls takes only who has a certificate', async ({ startOwn }) => {
    const { secure } = await startOwn({ security: 'mutual_tls' })
    await ask(secure!, { ssl: { ca: secure!.ca!, ...secure!.client } })
    await expect(ask(secure!, tls(secure!))).rejects.toThrow(/certificate|Closed connection/)
  })
})

describe('the broker all tests share', () => {
  test('is one, though two processes ask for it at once', async ({ skip }) => {
    const share = await shareBroker()
    onTestFinished(share.close)
    const asking = `
      import { askForBroker } from './shared-broker.ts'
      console.log(JSON.stringify(await askForBroker('${share.url}').catch(({ name, message }) => ({ name, message }))))
    `
    const answers = [0, 1].map(() => firstLineOf<SharedBroker & Partial<Error>>(inAnotherProcess(asking)))
    const [one, other] = await Promise.all(answers)
    if (one!.name === 'NoBroker') skip(one!.message)
    expect(one).toEqual(other)
    expect(await listens(one!.bootstrap.split(',')[0]!)).toBe(true)
  })

  kafkaTest('gives records back as they were written, whatever the codec', async ({ kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2 })
    const headers = { reason: 'late' }
    for (const codec of ['none', 'gzip', 'zstd'] as const) {
      await kafka.write(topic, [{ partition: 1, key: codec, value: `by ${codec}`, timestampMs: 42, headers }], {
        codec,
      })
    }
    await kafka.write(topic, [{ partition: 0, value: null }])

    const records = await kafka.readAll(topic)

    expect(records[0]).toMatchObject({ partition: 0, offset: 0, key: null, value: null, headers: {} })
    expect(records.slice(1)).toEqual(
      ['none', 'gzip', 'zstd'].map((codec, offset) => ({
        partition: 1,
        offset,
        timestampMs: 42,
        key: Buffer.from(codec),
        value: Buffer.from(`by ${codec}`),
        headers: { reason: Buffer.from('late') },
      })),
    )
  })

  kafkaTest('shows what transactions committed, up to an end that holds no record', async ({ kafka }) => {
    const topic = await kafka.createTopic()
    await kafka.write(topic, [{ value: 'gone' }], { transaction: 'abort' })
    await kafka.write(topic, [{ value: 'first' }, { value: 'second' }], { transaction: 'commit' })
    await kafka.write(topic, [{ value: 'gone too' }], { transaction: 'abort' })

    const records = await kafka.readAll(topic)
    expect(records.map(({ offset, value }) => [offset, String(value)])).toEqual([
      [2, 'first'],
      [3, 'second'],
    ])
  })

  kafkaTest('takes more at once than a request may hold', async ({ kafka }) => {
    const topic = await kafka.createTopic()
    const many = Array.from({ length: 40 }, (_, number) => ({ value: `${number}`.padEnd(100_000) }))
    await kafka.write(topic, many)
    expect((await textsIn(kafka, topic)).map(Number)).toEqual(many.map((_, number) => number))
  })

  kafkaTest('has topics that grow and go', async ({ kafka }) => {
    const topic = await kafka.createTopic()
    await kafka.addPartitions(topic, 3)
    await kafka.write(topic, [{ partition: 2, value: 'in the new one' }])
    expect(await textsIn(kafka, topic)).toEqual(['in the new one'])

    await kafka.deleteTopic(topic)
    expect(await kafka.admin.listTopics()).not.toContain(topic)
  })

  kafkaTest('tells what a group committed, and Kafka’s own tools agree', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2, configs: { 'retention.ms': 123_456_789 } })
    const group = uniqueName('group')
    await kafka.write(topic, [
      { partition: 1, value: 'read' },
      { partition: 1, value: 'read' },
      { partition: 1, value: 'not read' },
    ])
    const consumer = kafka.kafka.consumer({ groupId: group })
    await consumer.subscribe({ topic })
    await consumer.run({ autoCommit: false, eachMessage: async () => {} })
    // kafkajs drops what it is given to commit before it has joined.
    const committed = await until(async () => {
      await consumer.commitOffsets([{ topic, partition: 1, offset: '2', metadata: 'after two' }])
      const positions = await kafka.committed(group, topic)
      return positions.size > 0 ? positions : undefined
    }, 'the position to be committed')
    await consumer.disconnect()

    expect(committed).toEqual(new Map([[1, { offset: 2, metadata: 'after two' }]]))
    const [offsets, lag, config, topics] = await Promise.all([
      brokerTool(broker, 'get-offsets', ['--topic', topic]),
      brokerTool(broker, 'consumer-groups', ['--describe', '--group', group]),
      brokerTool(broker, 'configs', ['--describe', '--entity-type', 'topics', '--entity-name', topic]),
      brokerTool(broker, 'topics', ['--list']),
    ])
    expect(offsets).toBe(`${topic}:0:0\n${topic}:1:3\n`)
    expect(lag).toMatch(new RegExp(`${group} +${topic} +1 +2 +3 +1 `))
    expect(config).toContain('retention.ms=123456789')
    expect(topics.split('\n')).toContain(topic)
    await expect(brokerTool(broker, 'topics', ['--describe', '--topic', 'none'])).rejects.toThrow(
      "'none' does not exist",
    )
  })
})
