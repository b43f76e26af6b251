import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fetchRequest } from '../../consumer/log/kafka/fetch-request.ts'
import { sendRaw } from '../../consumer/log/kafka/kafkajs-internals.ts'
import { Nodes } from '../../consumer/log/kafka/nodes.ts'
import { TopicView } from '../../consumer/log/kafka/topic-view.ts'
import { brokerTool } from '../kafka/broker-tool.ts'
import { freePort } from '../kafka/free-port.ts'
import { javaArguments } from '../kafka/jars.ts'
import { connectKafka, type KafkaClient, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest, orSkip } from '../kafka/kafka-test.ts'
import type { SharedBroker } from '../kafka/ladder.ts'
import { until } from '../running-start.ts'
import { runCommand } from './command-run.ts'
import { PRODUCER, spawnProducer } from './running-producer.ts'

/** What it said at its end: how many events it knows to be stored, and how many it left out because it could not keep up. */
const countIn = (stdout: string): number => Number(/stopped after (\d+) events/.exec(stdout)?.[1])
const skippedIn = (stdout: string): number => Number(/; (\d+) were left out/.exec(stdout)?.[1] ?? 0)

/** Place in the run, from 1, as the event id has it. */
const numberOf = (value: Buffer | null): number => {
  const id: string = JSON.parse(String(value)).event_id
  return Number.parseInt(id.slice(20).replace('-', ''), 16)
}

/** Which numbers of the run the topic holds, each once, in order. */
async function numbersIn(kafka: KafkaClient, topic: string): Promise<number[]> {
  const numbers = (await kafka.readAll(topic)).map(({ value }) => numberOf(value))
  return [...new Set(numbers)].sort((a, b) => a - b)
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** The partition that Kafka's own Java client puts each key into. */
async function javaPartitions(
  { bootstrap }: SharedBroker,
  kafka: KafkaClient,
  { topic, keys }: { topic: string; keys: readonly string[] },
  java: readonly string[],
): Promise<Map<string, number>> {
  const flags = ['--bootstrap-server', bootstrap, '--topic', topic]
  const keyed = ['--property', 'parse.key=true', '--property', 'key.separator=:']
  const child = spawn('java', [...java, ...flags, ...keyed], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(keys.map((key) => `${key}:x\n`).join(''))
  expect(await once(child, 'exit')).toEqual([0, null])
  const records = await kafka.readAll(topic)
  return new Map(records.map(({ key, partition }) => [String(key), partition]))
}

/** By the name of the codec, its number in the attributes of a record batch. */
const CODEC_NUMBERS = { none: 0, gzip: 1, zstd: 4 }

/** The codec of the first batch of each partition that holds any. */
async function codecsIn({ bootstrap }: SharedBroker, topic: string): Promise<Set<number>> {
  const connection = { brokers: bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined }
  const nodes = new Nodes(connection, 10_000)
  onTestFinished(() => nodes.close())
  const { id: topicId, partitions } = await new TopicView(nodes, topic).current()
  const codecs = new Set<number>()
  for (const [partition, { leader }] of partitions) {
    const bytes = { partitionBytes: 1, responseBytes: 1, minBytes: 1 }
    const request = fetchRequest({ topic, topicId, from: new Map([[partition, 0]]), ...bytes, waitMs: 0 })
    const [answer] = await sendRaw(await nodes.node(leader), request)
    if (answer!.records.length > 0) codecs.add(answer!.records.readInt16BE(21) & 0x07)
  }
  return codecs
}

describe('what it writes', () => {
  kafkaTest('is a topic whose broker tells the time, and as many events as it says', async ({ broker, kafka }) => {
    const topic = uniqueName('clicks')
    const producer = spawnProducer(['--brokers', broker.bootstrap, '--topic', topic, '--rate', '2000'])
    await producer.produced(3_000)
    expect(await producer.end('SIGTERM')).toBe(0)

    const count = countIn(producer.stdout())
    expect(count).toBeGreaterThanOrEqual(3_000)
    expect(await numbersIn(kafka, topic)).toEqual(upTo(count))
    expect(await kafka.readAll(topic)).toHaveLength(count)
    expect(producer.stderr()).toBe('')
    const config = await brokerTool(broker, 'configs', [
      '--describe',
      '--entity-type',
      'topics',
      '--entity-name',
      topic,
    ])
    expect(config).toContain('message.timestamp.type=LogAppendTime')
    expect(config).toContain(`retention.ms=${7 * 86_400_000}`)
    expect(await kafka.admin.fetchTopicOffsets(topic)).toHaveLength(4)
  })

  kafkaTest('lies where Kafka’s Java clients would put the user’s events', async ({ broker, kafka, skip }) => {
    const words = { heap: '256m', logLevel: 'ERROR', quickly: true } as const
    const java = await orSkip({ skip }, javaArguments('org.apache.kafka.tools.ConsoleProducer', words))
    const topic = uniqueName('clicks')
    const flags = ['--topic', topic, '--partitions', '7', '--rate', '1000', '--visitors', '300']
    const producer = spawnProducer(['--brokers', broker.bootstrap, ...flags])
    await producer.produced(1_000)
    expect(await producer.end('SIGTERM')).toBe(0)

    const records = await kafka.readAll(topic)
    for (const { key, value } of records) expect(JSON.parse(String(value)).user_id).toBe(Number(key))
    const partitionOf = new Map(records.map(({ key, partition }) => [String(key), partition]))
    expect(new Set(records.map(({ key, partition }) => `${key} in ${partition}`)).size).toBe(partitionOf.size)
    expect(new Set(partitionOf.values()).size).toBe(7)
    const twin = { topic: await kafka.createTopic({ partitions: 7 }), keys: [...partitionOf.keys()] }
    expect(await javaPartitions(broker, kafka, twin, java)).toEqual(partitionOf)
  })

  kafkaTest.for(['gzip', 'zstd', 'none'] as const)(
    'is understood by the exporter to the last event, with compression %s',
    async (compression, { broker }) => {
      const topic = uniqueName('clicks')
      const flags = ['--topic', topic, '--kafka-compression', compression, '--rate', '500']
      const producer = spawnProducer(['--brokers', broker.bootstrap, ...flags])
      await producer.produced(300)
      expect(await producer.end('SIGINT')).toBe(0)

      expect(await codecsIn(broker, topic)).toEqual(new Set([CODEC_NUMBERS[compression]]))
      const count = countIn(producer.stdout())
      const { stdout } = await runCommand('inspect', [
        ...['--brokers', broker.bootstrap, '--topic', topic],
        ...['--limit', '1000000', '--allowed-lateness', '0s'],
      ])
      expect(stdout.slice(stdout.lastIndexOf('\n\n'))).toBe(
        `\n\n${count} records: ${count} accepted, 0 dropped, 0 rejected\n`,
      )
    },
  )

  kafkaTest('has the same ids with the same seed and run, and others with another run', async ({ broker, kafka }) => {
    const runs: string[][] = []
    for (const run of ['7', '7', '8']) {
      const topic = uniqueName('clicks')
      const producer = spawnProducer(['--brokers', broker.bootstrap, '--topic', topic, '--seed', '3', '--run', run])
      await producer.produced(20)
      expect(await producer.end('SIGTERM')).toBe(0)
      const events = (await kafka.readAll(topic)).map(({ value }) => JSON.parse(String(value)))
      runs.push(events.map(({ event_id }) => event_id).sort())
    }
    const [first, again, other] = runs.map((ids) => ids.slice(0, 20))
    expect(again).toEqual(first)
    expect(other!.filter((id) => first!.includes(id))).toEqual([])
  })
})

describe('a topic that is missing', () => {
  kafkaTest('and may not be created is waited for, with the command that creates it', async ({ broker, kafka }) => {
    const topic = uniqueName('clicks')
    const flags = ['--topic', topic, '--kafka-create-topics', 'off', '--partitions', '3', '--rate', '1000']
    const producer = spawnProducer(['--brokers', broker.bootstrap, ...flags])
    await producer.says(
      `topic ${topic} is missing; run: kafka-topics.sh --bootstrap-server ${broker.bootstrap.split(',')[0]} --create --topic ${topic} --partitions 3`,
    )
    await producer.says(/ 0 events, 0\.0 a second, [2-9] failed attempts/)
    expect(await kafka.admin.listTopics()).not.toContain(topic)

    await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })

    await producer.produced(200)
    expect(await producer.end('SIGTERM')).toBe(0)
    expect(producer.stderr().match(/is missing/g)).toHaveLength(1)
    expect(await numbersIn(kafka, topic)).toHaveLength(countIn(producer.stdout()))
  })

  kafkaTest('since it was deleted is created again', async ({ broker, kafka }) => {
    const topic = uniqueName('clicks')
    const producer = spawnProducer(['--brokers', broker.bootstrap, '--topic', topic])
    await producer.produced(20)

    await kafka.deleteTopic(topic)

    // What was under way got into the topic that was deleted.
    await producer.produced(producer.events() + 400)
    expect(await producer.end('SIGTERM')).toBe(0)
    expect((await kafka.readAll(topic)).length).toBeGreaterThanOrEqual(100)
  })
})

describe('a broker that is away', () => {
  test('from the start is said once and tried again; a signal ends the wait', async () => {
    const brokers = `127.0.0.1:${await freePort()}`
    const producer = spawnProducer(['--brokers', brokers])
    await producer.says(`no broker can be reached: ${brokers}`)
    await producer.says(/ 0 events, 0\.0 a second, [2-9] failed attempts/)
    expect(await producer.end('SIGTERM')).toBe(0)
    expect(producer.stdout()).toContain('stopped after 0 events\n')
    expect(producer.stderr().trim().split('\n')).toHaveLength(1)
  })

  kafkaTest('for a while costs no event but those it says: the same ones are tried again', async ({ startOwn }) => {
    const broker = await startOwn()
    const topic = uniqueName('clicks')
    const producer = spawnProducer(['--brokers', broker.bootstrap, '--topic', topic, '--rate', '500'])
    await producer.produced(200)

    await broker.kill()
    await producer.says('producing failed; trying the same events again')
    await producer.says('no broker can be reached')
    await broker.start()

    await producer.produced(producer.events() + 1_000)
    expect(await producer.end('SIGTERM')).toBe(0)
    const kafka = await connectKafka(broker.bootstrap)
    try {
      const numbers = await numbersIn(kafka, topic)
      expect(numbers).toHaveLength(countIn(producer.stdout()))
      expect(numbers.at(-1)).toBe(numbers.length + skippedIn(producer.stdout()))
    } finally {
      await kafka.disconnect()
    }
  })

  kafkaTest('and does not answer: what is uncertain at the end is said', async ({ startOwn }) => {
    const broker = await startOwn()
    const producer = spawnProducer(['--brokers', broker.bootstrap, '--topic', uniqueName('clicks')])
    await producer.produced(20)
    const before = producer.stdout().length
    broker.pause()
    // Within each line's time two batches were due.
    const stands = / 0\.0 a second.*\n.* 0\.0 a second/
    await until(async () => stands.exec(producer.stdout().slice(before)) ?? undefined, 'two lines without progress')
    expect(await producer.end('SIGTERM')).toBe(0)
    expect(producer.stdout()).toMatch(
      /^stopped after \d+ events; [1-9]\d* more were sent without an answer and may be there$/m,
    )
  })
})

/** A receiver of `{"records":[...]}` that refuses the first request as too busy; keeps what it accepts. */
async function aReceiver() {
  const records: { event_id: string }[] = []
  let requests = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests += 1
    if (requests === 1) return response.writeHead(429, { 'Retry-After': '0' }).end('busy')
    records.push(...JSON.parse(body).records)
    return response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`, records }
}

/** Runs a producer to its end, and gives the bytes it wrote on standard output. */
async function outputOf(flags: readonly string[]): Promise<{ bytes: Buffer; stderr: string; code: number | null }> {
  const child = spawn(process.execPath, [PRODUCER, '--log-file', 'none', ...flags], { env: {} })
  onTestFinished(() => void child.kill('SIGKILL'))
  const chunks: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { bytes: Buffer.concat(chunks), stderr, code }
}

describe('what it writes elsewhere', () => {
  test('is the same to the byte with --events, and every line an event', async () => {
    const flags = ['--events', '20000', '--output', '-']
    const [one, other] = [await outputOf(flags), await outputOf(flags)]
    expect([one.code, one.bytes.equals(other.bytes)]).toEqual([0, true])
    const events = one.bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events).toHaveLength(20_000)
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(20_000)
    expect(events[0].timestamp).toBeCloseTo(Date.UTC(2026, 0, 1) / 1000, -1)
    expect(one.stderr).toMatch(/^done: 20,000 events in \d+\.\d s, [\d,]+ a second$/m)
  })

  test('ends without a word of complaint when its reader has enough', async () => {
    const child = spawn(process.execPath, [PRODUCER, '--log-file', 'none', '--output', '-', '--events', '5000000'], {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk
    })
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await once(child, 'close')).toEqual([0, null])
    expect(stderr).toMatch(/^producing 5000000 .*\n.*\n\nstopped after \d+ events\n$/)
  })

  test('reaches an endpoint that is busy at first, whole and once, and ends with the duration', async () => {
    const { url, records } = await aReceiver()
    const producer = spawnProducer(['--endpoint', url, '--duration', '2', '--rate', '2000'])
    expect(await producer.ended).toBe(0)
    const [, said] = /^done: ([\d,]+) events in [\d.]+ s/m.exec(producer.stdout())!
    expect(records).toHaveLength(Number(said!.replaceAll(',', '')))
    expect(records.length).toBeGreaterThan(100)
    expect(new Set(records.map(({ event_id }) => event_id)).size).toBe(records.length)
    expect(producer.stdout()).toContain(`to ${url}`)
    expect(producer.stderr()).toContain('answered 429: busy')
  })

  test('begins in the past with --speed, and reaches the present at the end', async () => {
    const { bytes, code } = await outputOf(['--speed', '60', '--duration', '2s', '--output', '-'])
    expect(code).toBe(0)
    const times = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => 1000 * JSON.parse(line).timestamp)
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(100_000)
    expect(times.at(-1)! - times[0]!).toBeLessThanOrEqual(120_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now())
  })

  test('that never gets there ends it a while after the duration, with the reason', async () => {
    const url = `http://127.0.0.1:${await freePort()}/in`
    const producer = spawnProducer(['--endpoint', url, '--duration', '2', '--rate', '2000'])
    expect(await producer.ended).toBe(1)
    expect(producer.stderr()).toContain(
      `not all could be written within 10 s of the end: Error: ${url} cannot be reached`,
    )
    expect(producer.stdout()).toMatch(/^stopped after 0 events/m)
  })

  test('that is refused ends it, with the words of the endpoint', async () => {
    const server = createServer((_request, response) => response.writeHead(403).end('no such key'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`
    const producer = spawnProducer(['--endpoint', url, '--events', '10'])
    expect(await producer.ended).toBe(1)
    expect(producer.stderr()).toBe(`${url} answered 403: no such key\n`)
  })
})

describe('what it refuses', () => {
  test('a second place for its events, and times that contradict each other', async () => {
    const flags = ['--output', '-', '--endpoint', 'http://localhost/in', '--events', '5', '--duration', '5']
    const { stderr, bytes, code } = await outputOf([...flags, '--brokers', 'localhost'])
    expect([code, bytes.length]).toEqual([2, 0])
    expect(stderr).toContain('endpoint (flag --endpoint): contradicts output (flag --output), leave one of them out')
    expect(stderr).toContain('output (flag --output): takes the place of Kafka')
    expect(stderr).toContain('events (flag --events): contradicts duration (flag --duration), leave one of them out')
  })

  test('a model that is not there', async () => {
    const { stderr, code } = await outputOf(['--output', '-', '--model', '/nowhere.yaml'])
    expect(code).toBe(2)
    expect(stderr).toContain('model')
    expect(stderr).toContain('there is no such file, check the path')
  })

  test('a flag of the consumer, before anything is sent', async () => {
    const producer = spawnProducer(['--group', 'mine'])
    await producer.says('flag --group: is no setting of producer, take it out')
    expect(await producer.ended).toBe(2)
    expect(producer.stdout()).toBe('')
  })
})
