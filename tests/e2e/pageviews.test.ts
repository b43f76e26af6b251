import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type KafkaClient, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { type RunningReplay, spawnReplay } from './running-replay.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickstream-pageviews-'))
  file = join(folder, 'pageviews-20240131-170000.gz')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

const LINES = [
  'en Main_Page 42 0',
  'en.m Main_Page 7 0',
  '- Nobody_knows_where 1 0',
  'de - 3 0',
  'en Caf%C3%A9 2 0',
  'broken',
  'en five fields 1 0',
  'Nobody_knows_where 1 0',
  'de "\\"Heroes\\"" 5 0',
  'fr "" 1 0',
]

const VIEWS = [
  ['en', 'Main_Page', 42],
  ['en.m', 'Main_Page', 7],
  ['en', 'Caf%C3%A9', 2],
  ['de', '"Heroes"', 5],
].map(([project, page, count]) => ({ project, page, count, bytes: 0, timestamp: '2024-01-31T17:00:00Z' }))

const pageviews = (args: readonly string[], env: Record<string, string> = {}): RunningReplay =>
  spawnReplay('pageviews', ['--progress-folder', join(folder, 'notes'), ...args], env)

interface Stored {
  readonly key: string
  readonly views: { readonly project: string; readonly page: string }
}

async function storedIn(kafka: KafkaClient, topic: string): Promise<Stored[]> {
  const records = await kafka.readAll(topic)
  return records.map(({ key, value }) => ({ key: String(key), views: JSON.parse(String(value)) }))
}

const inAnyOrder = (views: readonly object[]): string[] => views.map((one) => JSON.stringify(one)).sort()

describe('an hour of pageviews', () => {
  test('is sent the safe way that the environment asks for, or not at all', async () => {
    writeFileSync(file, gzipSync(`${LINES.join('\n')}\n`))
    const running = pageviews(['--bootstrap', '127.0.0.1:9', '--source', file], {
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
    })
    expect(await running.ended).toBe(2)
    expect(running.stderr()).toContain('needs a user, set KAFKA_SASL_USERNAME')
  })

  kafkaTest('does not reach a broker without TLS where TLS is asked for', async ({ broker, kafka }) => {
    writeFileSync(file, gzipSync(`${LINES.join('\n')}\n`))
    const topic = uniqueName('pageviews')
    const running = pageviews(['--bootstrap', broker.bootstrap, '--topic', topic, '--source', file], {
      KAFKA_TLS: 'on',
    })
    await running.says('sending failed')
    expect(await kafka.admin.listTopics()).not.toContain(topic)
  })

  kafkaTest('is in the topic, but for lines that name no project or page', async ({ broker, kafka }) => {
    writeFileSync(file, gzipSync(`${LINES.join('\n')}\n`))
    const topic = uniqueName('pageviews')
    const running = pageviews(['--bootstrap', broker.bootstrap, '--topic', topic, '--source', file])
    expect(await running.ended).toBe(0)
    expect(running.stdout()).toMatch(
      /done: 4 records in .*; 6 dropped \(4 without a project or a page, 2 broken lines\)\n$/,
    )
    const stored = await storedIn(kafka, topic)
    expect(inAnyOrder(stored.map(({ views }) => views))).toEqual(inAnyOrder(VIEWS))
    for (const { key, views } of stored) expect(key).toBe(`${views.project} ${views.page}`)
  })

  kafkaTest('is told by the environment as well, and ends at a limit', async ({ broker, kafka }) => {
    writeFileSync(file, gzipSync(`${LINES.join('\n')}\n`))
    const topic = uniqueName('pageviews')
    const env = { KAFKA_BOOTSTRAP: broker.bootstrap, KAFKA_TOPIC: topic, PAGEVIEWS_SOURCE: file }
    const running = pageviews(['--limit', '3'], env)
    expect(await running.ended).toBe(0)
    expect(running.stdout()).toContain('done: 3 records in ')
    expect(inAnyOrder((await storedIn(kafka, topic)).map(({ views }) => views))).toEqual(inAnyOrder(VIEWS.slice(0, 3)))

    const resumed = pageviews(['--resume'], env)
    expect(await resumed.ended).toBe(0)
    expect(inAnyOrder((await storedIn(kafka, topic)).map(({ views }) => views))).toEqual(inAnyOrder(VIEWS))
  })

  kafkaTest('under a name that tells no hour has no timestamp, which is said', async ({ broker, kafka }) => {
    const path = join(folder, 'views.txt')
    writeFileSync(path, 'en Main_Page 1 0\n')
    const topic = uniqueName('pageviews')
    const running = pageviews(['--bootstrap', broker.bootstrap, '--topic', topic, path])
    expect(await running.ended).toBe(0)
    expect(running.stderr()).toContain(`${path}: its name tells no hour`)
    expect((await storedIn(kafka, topic)).map(({ views }) => views)).toEqual([
      { project: 'en', page: 'Main_Page', count: 1, bytes: 0 },
    ])
  })
})

test.each([
  ['a folder', () => folder, 'is a directory; name the files in it, one by one or with a wildcard'],
  [
    'an address',
    () => 'https://dumps.wikimedia.org/other/pageviews/2024/2024-01/pageviews-20240131-170000.gz',
    'is an address, not a file; fetch it first (curl -O), then name the file',
  ],
  ['a file that is not there', () => join(folder, 'nowhere.gz'), 'there is no such file; check the path'],
])('%s as a source is refused with the fix', async (_what, source, fix) => {
  const running = pageviews(['--source', source()])
  expect(await running.ended).toBe(1)
  expect(running.stderr()).toContain(fix)
})

test('without a source, two ways to name one are said', async () => {
  const running = pageviews([])
  expect(await running.ended).toBe(2)
  expect(running.stderr()).toContain('name at least one FILE after the flags, or a source with --source')
})
