import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished } from 'vitest'
import { report } from '../../commands/commands.ts'
import { coreOptionsOf } from '../../consumer/core-options.ts'
import { readEvents } from '../../consumer/files/read-events.ts'
import { Report } from '../../consumer/report/report.ts'
import type { Totals } from '../../consumer/report/totals.ts'
import { spawnReplay } from '../e2e/running-replay.ts'
import { type KafkaClient, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'

const REAL_FILE = new URL('../fixtures/rees46-first-2000.csv.gz', import.meta.url).pathname

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickstream-replay-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

const replay = (bootstrap: string, topic: string, ...args: string[]) => {
  const flags = ['--brokers', bootstrap, '--topic', topic, '--partitions', '3', '--progress-folder', folder]
  return spawnReplay('main', [...flags, ...args])
}

const lineOf = (key: string): number => Number(key.split('-').at(-1))

/** What the core counts; of records with the same id, the first. */
function totalsOf(records: readonly { bytes: Uint8Array; isCsv: boolean }[]): Totals {
  const parsed = report.parse(['-'], {})
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  const totals = new Report(coreOptionsOf(parsed.settings))
  for (const [index, { bytes, isCsv }] of records.entries()) {
    totals.add({ bytes, start: 0, end: bytes.length, position: index + 1 }, isCsv)
  }
  return totals.finish()
}

async function totalsOfFile(): Promise<Totals> {
  const records: { bytes: Uint8Array; isCsv: boolean }[] = []
  for await (const batch of readEvents(REAL_FILE)) {
    for (const { bytes, start, end } of batch) records.push({ bytes: bytes.slice(start, end), isCsv: true })
  }
  return totalsOf(records)
}

/** The topic as one stream, in the order of the file: rows of a second are in no order of their own. */
async function recordsIn(kafka: KafkaClient, topic: string) {
  const records = await kafka.readAll(topic)
  const values = records.map(({ value }) => ({ bytes: value!, id: String(JSON.parse(String(value)).event_id) }))
  return values.sort((a, b) => lineOf(a.id) - lineOf(b.id)).map(({ bytes }) => ({ bytes, isCsv: false }))
}

kafkaTest('a file in a topic has the totals of the file, each user in one partition', async ({ broker, kafka }) => {
  const topic = uniqueName('replayed')
  const running = replay(broker.bootstrap, topic, REAL_FILE)
  expect(await running.ended).toBe(0)
  expect(running.stdout()).toMatch(/done: 2,000 records in .*; 0 dropped\n$/)
  expect(totalsOf(await recordsIn(kafka, topic))).toEqual(await totalsOfFile())
  const stored = await kafka.readAll(topic)
  const partitions = new Map<string, Set<number>>()
  for (const { key, value, partition } of stored) {
    const { user_id } = JSON.parse(String(value))
    expect(String(key)).toBe(user_id)
    partitions.set(user_id, (partitions.get(user_id) ?? new Set()).add(partition))
  }
  expect(Math.max(...[...partitions.values()].map(({ size }) => size))).toBe(1)
  expect(new Set(stored.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
})

kafkaTest('a replay that was killed and resumed counts every event once', async ({ broker, kafka }) => {
  const topic = uniqueName('resumed')
  const killed = replay(broker.bootstrap, topic, '--rate', '50', REAL_FILE)
  await until(async () => {
    const [note] = readdirSync(folder).filter((name) => name.endsWith('.json'))
    const noted = note && JSON.parse(readFileSync(join(folder, note), 'utf8')).position.records
    return noted > 0 ? true : undefined
  }, 'a position to be noted')
  killed.process.kill('SIGKILL')
  expect(await killed.ended).toBe('SIGKILL')

  const resumed = replay(broker.bootstrap, topic, '--resume', REAL_FILE)
  expect(await resumed.ended).toBe(0)
  expect(resumed.stdout()).toContain('going on behind record ')
  const records = await recordsIn(kafka, topic)
  const { records_consumed, events_dropped, ...counted } = totalsOf(records)
  const { records_consumed: rows, events_dropped: _, ...expected } = await totalsOfFile()
  expect(counted).toEqual(expected)
  expect(records_consumed).toBe(records.length)
  expect(events_dropped.duplicate).toBe(records.length - rows)
})

kafkaTest(
  'a record that the topic does not take ends it with the fix, behind what it took',
  async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ configs: { 'max.message.bytes': 2_000 } })
    const file = join(folder, 'events.ndjson')
    // Nothing that packs well.
    const noise = Array.from({ length: 3_000 }, (_, n) => ((n * 7_919 * (n + 13)) % 36).toString(36)).join('')
    writeFileSync(file, `{"user_id":1,"action":"view","timestamp":1700000000,"x":"${noise}"}\n`)
    const running = replay(broker.bootstrap, topic, '--kafka-compression', 'none', file)
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toMatch(/a record takes 3\d\d\d bytes, and topic .* at most 2000: raise its max\.message/)
    expect(running.stdout()).toContain('stopped after 0 records')
    expect(await kafka.readAll(topic)).toEqual([])
  },
)
