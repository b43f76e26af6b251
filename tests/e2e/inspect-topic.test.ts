import { describe, expect, test } from 'vitest'
import { freePort } from '../kafka/free-port.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { ndjson, runCommand, someFiles } from './command-run.ts'

const AT_MS = Date.UTC(2024, 4, 1, 10)

const HOME = { event_id: 'e1', user_id: 7, action: 'view', page: '/product/17?x=1', timestamp: AT_MS / 1000 }

const logged = (event: unknown, { partition = 0, secondsLater = 1 } = {}) => ({
  partition,
  value: typeof event === 'string' ? event : JSON.stringify(event),
  timestampMs: AT_MS + 1000 * secondsLater,
})

async function inspected(args: readonly string[]): Promise<string> {
  const { exitCode, signal, stdout, stderr } = await runCommand('inspect', args)
  expect({ exitCode, signal, stderr }).toEqual({ exitCode: 0, signal: null, stderr: '' })
  return stdout
}

/** Name and verdict of each record. */
const verdictsIn = (output: string): string[] => output.split('\n').filter((line) => /^\S+\/\d+\/\d+: /.test(line))

describe('inspect shows of a topic', () => {
  kafkaTest('what becomes of each record, by partition and offset', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2 })
    await kafka.write(topic, [
      logged(HOME, { partition: 1 }),
      logged({ action: 'view', timestamp: 1 }, { partition: 0, secondsLater: 2 }),
    ])
    expect(await inspected(['--brokers', broker.bootstrap, '--topic', topic])).toBe(`${topic}/1/0: accepted
  log time 2024-05-01T10:00:01.000Z, the client's word
  dialect user-events, time 2024-05-01T10:00:00.000Z, page label /product/:id
  {
    "eventId": "e1",
    "userId": "7",
    "type": "page_view",
    "page": "/product/17?x=1",
    "timeMs": 1714557600000
  }

${topic}/0/0: rejected, missing_user
  log time 2024-05-01T10:00:02.000Z, the client's word
  There is no user id where the dialect has it, or it is empty. Send one with every event, or correct the mapping.
  record: {"action":"view","timestamp":1}

2 records: 1 accepted, 0 dropped, 1 rejected
  missing_user 1
`)
  })

  kafkaTest('what the exporter would judge by the log time and for each partition', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2 })
    const late = { ...HOME, event_id: 'e2', timestamp: HOME.timestamp - 601 }
    const early = { ...HOME, event_id: 'e3', timestamp: HOME.timestamp + 400 }
    await kafka.write(topic, [
      logged(HOME, { secondsLater: 1 }),
      logged(HOME, { secondsLater: 2 }),
      logged(late, { secondsLater: 3 }),
      logged(early, { secondsLater: 4 }),
      logged(HOME, { secondsLater: 5, partition: 1 }),
    ])
    const output = await inspected([
      ...['--brokers', broker.bootstrap, '--topic', topic],
      ...['--allowed-lateness', '10m', '--future-tolerance', '5m'],
    ])
    expect(verdictsIn(output)).toEqual([
      `${topic}/0/0: accepted`,
      `${topic}/0/1: dropped, duplicate`,
      `${topic}/0/2: dropped, late`,
      `${topic}/0/3: rejected, future_dated`,
      `${topic}/1/0: accepted`,
    ])
    expect(output).toContain('5 records: 2 accepted, 2 dropped, 1 rejected\n')
  })

  kafkaTest('when the broker says a record came', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
    await kafka.write(topic, [logged(HOME)])
    const { timestampMs } = (await kafka.readAll(topic))[0]!
    expect(await inspected(['--brokers', broker.bootstrap, '--topic', topic])).toContain(
      `\n  log time ${new Date(timestampMs).toISOString()}, the broker's word\n`,
    )
  })

  kafkaTest('20 records unless told otherwise, from where it is told to', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2 })
    const many = Array.from({ length: 25 }, (_, index) =>
      logged({ ...HOME, event_id: `e${index}` }, { partition: index % 2, secondsLater: index }),
    )
    await kafka.write(topic, many)
    const of = ['--brokers', broker.bootstrap, '--topic', topic]

    const some = await inspected(of)
    expect(verdictsIn(some)).toHaveLength(20)
    expect(some).toMatch(/\n20 records: 20 accepted.*\nstopped after 20 records, --limit shows more\n$/)

    const all = await inspected([...of, '--limit', '25'])
    expect(all).toMatch(/\n25 records: 25 accepted, 0 dropped, 0 rejected\n$/)

    const since = await inspected([...of, '--start-from', '2024-05-01T10:00:22Z'])
    expect(verdictsIn(since)).toEqual([`${topic}/0/11: accepted`, `${topic}/1/11: accepted`, `${topic}/0/12: accepted`])

    const last = await inspected([...of, '--start-from', 'latest', '--limit', '2'])
    expect(verdictsIn(last)).toEqual([`${topic}/1/11: accepted`, `${topic}/0/12: accepted`])
    expect(last).not.toContain('stopped')
  })

  kafkaTest('nothing, if there is nothing, and leaves no trace', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 3 })
    const output = await inspected(['--brokers', broker.bootstrap, '--topic', topic])
    expect(output).toBe('0 records: 0 accepted, 0 dropped, 0 rejected\n')
    const { groups } = await kafka.admin.listGroups()
    for (const { groupId } of groups) expect((await kafka.committed(groupId, topic)).size).toBe(0)
  })

  kafkaTest('nothing, when files are named and the topic is meant for other commands', async ({ broker }) => {
    const [file] = someFiles({ 'events.ndjson': ndjson([HOME]) }) as [string]
    const env = { KAFKA_BROKERS: broker.bootstrap, KAFKA_TOPIC: uniqueName('clicks') }
    const { exitCode, stdout } = await runCommand('inspect', [file], { env })
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`${file}:1: accepted`)
  })
})

describe('inspect of a topic ends', () => {
  kafkaTest('with exit code 1 when there is no such topic', async ({ broker }) => {
    const topic = uniqueName('clicks')
    expect(await runCommand('inspect', ['--brokers', broker.bootstrap, '--topic', topic])).toEqual({
      exitCode: 1,
      signal: null,
      stdout: '',
      stderr: `inspect: topic ${topic} does not exist; check --topic\n`,
    })
  })

  test('with exit code 1 when no broker answers', async () => {
    const brokers = `127.0.0.1:${await freePort()}`
    const { exitCode, stdout, stderr } = await runCommand('inspect', ['--brokers', brokers, '--topic', 'clicks'])
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(new RegExp(`^inspect: no broker can be reached: ${brokers} \\(.*\\)\\n$`))
  })

  test('with exit code 2 when neither a file nor a topic is named', async () => {
    const { exitCode, stderr } = await runCommand('inspect', [])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('name at least one FILE after the flags, or a topic with --topic')
  })

  kafkaTest('quietly when its reader has seen enough', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    await kafka.write(
      topic,
      Array.from({ length: 2_000 }, (_, index) => logged({ ...HOME, event_id: `e${index}` })),
    )
    const args = ['--brokers', broker.bootstrap, '--topic', topic, '--limit', '2000']
    const { exitCode, signal, stderr } = await runCommand('inspect', args, { closeStdoutAfter: 1 })
    expect({ exitCode, signal, stderr }).toEqual({ exitCode: 0, signal: null, stderr: '' })
  })

  test('after a warning, where a password would cross the network readable', async () => {
    const brokers = `127.0.0.1:${await freePort()}`
    const flags = ['--kafka-sasl-mechanism', 'plain', '--kafka-sasl-username', 'ann']
    const env = { KAFKA_SASL_PASSWORD: 'secret' }
    const { exitCode, stderr } = await runCommand('inspect', ['--brokers', brokers, '--topic', 'clicks', ...flags], {
      env,
    })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^inspect: the password for Kafka crosses the network readable: .*\ninspect: no broker can/)
  })
})
