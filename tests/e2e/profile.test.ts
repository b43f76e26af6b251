import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { ProfileSummary } from '../../consumer/profile/profile.ts'
import type { Totals } from '../../consumer/report/totals.ts'
import { freePort } from '../kafka/free-port.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { ndjson, type RunWords, runCommand, someFiles } from './command-run.ts'

/** As the docs have it: relative to the folder that tests run in. */
const REAL_FILE = 'tests/fixtures/rees46-first-2000.csv.gz'
const [, ...ROWS] = gunzipSync(readFileSync(REAL_FILE)).toString().trimEnd().split('\n')

async function profiled(args: readonly string[], words: RunWords = {}): Promise<string> {
  const { exitCode, signal, stdout, stderr } = await runCommand('profile', args, words)
  expect({ exitCode, signal, stderr }).toEqual({ exitCode: 0, signal: null, stderr: '' })
  return stdout
}

const profileOf = async (args: readonly string[], words: RunWords = {}): Promise<ProfileSummary> =>
  JSON.parse(await profiled([...args, '--format', 'json'], words))

/** So often does each value of a column occur, empty cells left out. */
function countsOf(column: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const row of ROWS) {
    const cell = row.split(',')[column]!
    if (cell !== '') counts.set(cell, (counts.get(cell) ?? 0) + 1)
  }
  return counts
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, count) => all + count, 0)

const AT_SECONDS = Date.UTC(2024, 4, 1, 10) / 1000
const EVENT = { event_id: 'e1', user_id: 7, action: 'view', page: '/home', timestamp: AT_SECONDS }

describe('the profile of a real file', () => {
  test('is what its rows add up to', async () => {
    const { sources, events } = await profileOf([REAL_FILE])
    expect(sources).toEqual([{ source: REAL_FILE, records: ROWS.length, holds: 'events' }])
    const { fields, brands, users, duplicates, time } = events!
    const byBrand = countsOf(6 - 1)
    const byUser = countsOf(8 - 1)
    expect(fields.find(({ field }) => field === 'brand')).toMatchObject({ present: sum(byBrand.values()) })
    expect(brands.distinct).toBe(byBrand.size)
    expect(brands.top[0]!.count).toBe(Math.max(...byBrand.values()))
    expect(users).toMatchObject({ distinct: byUser.size, events_per_user: { max: Math.max(...byUser.values()) } })
    expect(duplicates.exact_copies).toBe(ROWS.length - new Set(ROWS).size)
    expect(time.first).toBe('2019-10-01T00:00:00.000Z')
  })

  test('counts as the report does', async () => {
    const report = await runCommand('report', [REAL_FILE, '--format', 'json'])
    const { events } = await profileOf([REAL_FILE])
    expect(events!.totals).toEqual(JSON.parse(report.stdout) as Totals)
    const { count, mean } = events!.session_seconds
    expect(count).toBe(events!.totals.sessions_closed)
    expect(count * mean).toBeCloseTo(events!.totals.session_duration_seconds_sum, 6)
  })

  test('is the example in its docs', async () => {
    const docs = readFileSync('docs/profile.md', 'utf8')
    const [, example = ''] = /```text\n([\s\S]*?)```/.exec(docs) ?? []
    expect(await profiled([REAL_FILE])).toBe(example)
  })
})

describe('profile reads', () => {
  test('no more than the limit, over all files, and says so', async () => {
    const files = someFiles({ 'a.ndjson': ndjson([EVENT, EVENT]), 'b.ndjson': ndjson([EVENT, EVENT]) })
    const { exitCode, stdout, stderr } = await runCommand('profile', [...files, '--limit', '3', '--format', 'json'])
    expect([exitCode, stderr]).toEqual([0, 'profile: stopped after 3 records, --limit takes more\n'])
    expect((JSON.parse(stdout) as ProfileSummary).sources.map(({ records }) => records)).toEqual([2, 1])
    expect((await profileOf([...files, '--limit', '4'])).events!.totals.records_consumed).toBe(4)
  })

  test('several kinds of source, each for what it holds', async () => {
    const files = someFiles({
      'events.ndjson': ndjson([EVENT, 'broken']),
      'pageviews-20240101-000000.gz': gzipSync('en Main_Page 40 0\nde Hauptseite 8 0\n'),
      'nothing.ndjson': '',
    })
    const { sources, events, pageviews } = await profileOf(files)
    expect(sources.map(({ holds, records }) => [holds, records])).toEqual([
      ['events', 2],
      ['pageviews', 2],
      ['unknown', 0],
    ])
    expect(events!.totals.records_rejected).toMatchObject({ malformed_json: 1 })
    expect(Object.keys(pageviews!.hours)).toEqual(['2024-01-01T00:00:00Z'])
  })

  test('standard input as what --input-format says', async () => {
    const stdin = Buffer.from('en Main_Page 40 0\n')
    expect((await profileOf(['-', '--input-format', 'pageviews'], { stdin })).pageviews).toMatchObject({ lines: 1 })
  })

  test('columns without a header, and events of a mapping', async () => {
    const [csv, mapping] = someFiles({
      'events.csv': 'ann,home,1714557600\n',
      'mapping.yml':
        'fields:\n  userId: who\n  page: where\n  time: when\ntime: seconds\nnumbers_as_strings: true\nconstants:\n  type: page_view\n',
    }) as [string, string]
    const { exitCode, stdout, stderr } = await runCommand('profile', [
      ...[csv, '--columns', 'who,where,when', '--mapping', mapping],
      ...['--format', 'json'],
    ])
    expect([exitCode, stderr]).toEqual([0, ''])
    const { events } = JSON.parse(stdout) as ProfileSummary
    expect(events!.totals).toMatchObject({ events_accepted: 1, users: 1, page_views: { home: 1 } })
  })
})

describe('profile ends', () => {
  test('with exit code 1 when a file is missing', async () => {
    const { exitCode, stdout, stderr } = await runCommand('profile', ['/nowhere.csv'])
    expect([exitCode, stdout, stderr]).toEqual([
      1,
      '',
      'profile: /nowhere.csv: there is no such file; check the path\n',
    ])
  })

  test('with exit code 1 when no broker answers', async () => {
    const brokers = `127.0.0.1:${await freePort()}`
    const { exitCode, stdout, stderr } = await runCommand('profile', ['--brokers', brokers, '--topic', 'clicks'])
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`profile: no broker can be reached: ${brokers}`)
  })

  kafkaTest('with exit code 1 when there is no such topic', async ({ broker }) => {
    const topic = uniqueName('clicks')
    const { exitCode, stderr } = await runCommand('profile', ['--brokers', broker.bootstrap, '--topic', topic])
    expect([exitCode, stderr]).toEqual([1, `profile: topic ${topic} does not exist; check --topic\n`])
  })
})

describe('the profile of a topic', () => {
  kafkaTest('is about all partitions, with a watermark each', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2 })
    const write = (partition: number, minute: number, user: number) => ({
      partition,
      timestampMs: (AT_SECONDS + 3600) * 1000,
      value: JSON.stringify({ ...EVENT, event_id: null, user_id: user, timestamp: AT_SECONDS + minute * 60 }),
    })
    await kafka.write(topic, [write(0, 4, 1), write(1, 0, 1), write(0, 2, 2), write(1, 1, 3)])
    const of = ['--brokers', broker.bootstrap, '--topic', topic]
    const { sources, events } = await profileOf(of)
    expect(sources).toEqual([{ source: topic, records: 4, holds: 'events' }])
    expect(events!.order).toMatchObject({ out_of_order: 0.25, lateness_needed_seconds: { max: 120 } })
    expect(events!.users).toMatchObject({ distinct: 3, in_several_partitions: 1 })
    const last = await profileOf([...of, '--start-from', 'latest', '--limit', '2'])
    expect(last.events!.totals.records_consumed).toBe(2)
    expect((await profileOf([...of, '--start-from', 'latest'])).events!.totals.records_consumed).toBe(4)
  })

  kafkaTest('of pageviews is one of pageviews', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const value = JSON.stringify({ project: 'en', page: 'Main_Page', count: 3, bytes: 0 })
    await kafka.write(topic, [{ value }, { value }])
    const { pageviews, events } = await profileOf(['--brokers', broker.bootstrap, '--topic', topic])
    expect(events).toBeUndefined()
    expect(pageviews).toMatchObject({ lines: 2, duplicates: 1, views: { mean: 3 } })
  })
})
