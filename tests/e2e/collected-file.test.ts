import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { partitionOf } from '../../consumer/contract/partitioner.ts'
import type { CountsByLabel, Totals } from '../../consumer/report/totals.ts'
import { startChild } from '../bench/kafka/child.ts'
import { startConsumer } from '../bench/kafka/scraped-consumer.ts'
import { parseExposition, parseSeries } from '../exposition.ts'
import { finished } from '../kafka/finished-process.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { runCommand } from './command-run.ts'

const program = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Another one, larger, by its name in the environment. */
const FILE = process.env.REAL_FILE ?? program('tests/fixtures/rees46-first-2000.csv.gz')
const PARTITIONS = 3
/** So that nothing is late however the partitions get on. */
const RULES = ['--allowed-lateness', '1d', '--session-gap', '30m']
/** Later than anything in a file of the past, by more than the lateness and the gap. */
const CLOSING_SECONDS = Date.UTC(2022, 0, 1) / 1000
/** So many users are needed to move stream time far ahead. */
const CLOSERS_PER_PARTITION = 4

type Page = ReadonlyMap<string, number>

/** What all partitions show of a metric, by the values of its own labels; nothing for 0. */
function shown(page: Page, metric: string, ...labelNames: string[]): CountsByLabel {
  const sums: Record<string, number> = {}
  for (const [series, value] of page) {
    if (!series.startsWith(`${metric}{`) || value === 0) continue
    const { labels } = parseSeries(series)
    const key = labelNames.map((name) => labels[name]).join(' ')
    sums[key] = (sums[key] ?? 0) + value
  }
  return sums
}

const counted = (counts: CountsByLabel): CountsByLabel =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

const all = (page: Page, metric: string): number => shown(page, metric)[''] ?? 0

/** What is known as soon as an event is read, under the names of the report. */
const eventTotals = (page: Page) => ({
  records_consumed: all(page, 'clickstream_records_consumed_total'),
  events: shown(page, 'clickstream_events_total', 'event'),
  events_dropped: shown(page, 'clickstream_events_dropped_total', 'reason'),
  records_rejected: shown(page, 'clickstream_records_rejected_total', 'reason'),
  page_views: shown(page, 'clickstream_page_views_total', 'page'),
  clicks: shown(page, 'clickstream_clicks_total', 'page'),
  revenue: hundredths(shown(page, 'clickstream_revenue_total', 'currency')),
})

/** What is known when the sessions have closed. */
const sessionTotals = (page: Page) => ({
  sessions_closed: all(page, 'clickstream_sessions_closed_total'),
  sessions_bounced: shown(page, 'clickstream_sessions_bounced_total', 'definition'),
  sessions_with_event: shown(page, 'clickstream_sessions_with_event_total', 'event'),
  session_duration_seconds_sum: all(page, 'clickstream_session_duration_seconds_sum'),
  durations: all(page, 'clickstream_session_duration_seconds_count'),
  funnels: shown(page, 'clickstream_funnel_sessions_total', 'funnel', 'step'),
})

/** The sums of partitions are doubles, of which the last digit may be any. */
const hundredths = (sums: Readonly<Record<string, number | string>>): CountsByLabel =>
  Object.fromEntries(Object.entries(sums).map(([currency, sum]) => [currency, Math.round(Number(sum) * 100)]))

function reported(totals: Totals): {
  events: ReturnType<typeof eventTotals>
  sessions: ReturnType<typeof sessionTotals>
} {
  const steps = Object.entries(totals.funnels).flatMap(([funnel, counts]) =>
    Object.entries(counts).map(([step, sessions]) => [`${funnel} ${step}`, sessions] as const),
  )
  return {
    events: {
      records_consumed: totals.records_consumed,
      events: counted(totals.events),
      events_dropped: counted(totals.events_dropped),
      records_rejected: counted(totals.records_rejected),
      page_views: totals.page_views,
      clicks: totals.clicks,
      revenue: hundredths(totals.revenue),
    },
    sessions: {
      sessions_closed: totals.sessions_closed,
      sessions_bounced: counted(totals.sessions_bounced),
      sessions_with_event: counted(totals.sessions_with_event),
      session_duration_seconds_sum: totals.session_duration_seconds_sum,
      durations: totals.sessions_closed,
      funnels: counted(Object.fromEntries(steps)),
    },
  }
}

/** Events of some users of each partition, so late that every session before them closes; none ends a session itself. */
function closingEvents(): object[] {
  const left = new Array<number>(PARTITIONS).fill(CLOSERS_PER_PARTITION)
  const events: object[] = []
  for (let user = 1; left.some((missing) => missing > 0); user++) {
    const partition = partitionOf(Buffer.from(String(user)), PARTITIONS)
    if (left[partition]!-- > 0)
      events.push({ event_id: `closing-${user}`, user_id: user, action: 'custom', timestamp: CLOSING_SECONDS })
  }
  return events
}

kafkaTest(
  'a file replayed through the collector, Kafka and the consumer counts as the report of the file says',
  async ({ broker }) => {
    const topic = uniqueName('collected')
    const place = ['--brokers', broker.bootstrap, '--topic', topic]
    const collector = startChild(program('producer/collect/main.ts'), [
      ...[...place, '--partitions', String(PARTITIONS)],
      ...['--port', '0', '--log-file', 'none'],
    ])
    onTestFinished(() => collector.kill())
    const [collectorUrl] = await collector.line(/http:\/\/127\.0\.0\.1:\d+/)
    const endpoint = `${collectorUrl}/events`
    await until(
      async () => ((await fetch(`${collectorUrl}/-/ready`)).ok ? true : undefined),
      'the collector to be ready',
    )

    const notes = mkdtempSync(join(tmpdir(), 'clickstream-replay-'))
    onTestFinished(() => rmSync(notes, { recursive: true }))
    const replay = [program('producer/replay/main.ts'), FILE, '--endpoint', endpoint, '--progress-folder', notes]
    const told = await finished(process.execPath, replay)
    const { stdout } = await runCommand('report', [FILE, '--format', 'json'])
    const totals = JSON.parse(stdout) as Totals
    const expected = reported(totals)
    console.log(`${told}${JSON.stringify(expected, null, 2)}`)

    const { child, url } = await startConsumer([...place, '--group', uniqueName('group'), ...RULES])
    onTestFinished(() => child.kill())
    const pageAfter = (records: number): Promise<Page> =>
      until(async () => {
        const page = parseExposition(await (await fetch(`${url}/metrics`)).text())
        return all(page, 'clickstream_records_consumed_total') >= records ? page : undefined
      }, `the consumer to read ${records} records`)
    expect(eventTotals(await pageAfter(totals.records_consumed))).toEqual(expected.events)

    const records = closingEvents()
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ records }) })
    expect(await answer.json()).toEqual({ status: 'accepted', processed: records.length })
    expect(sessionTotals(await pageAfter(totals.records_consumed + records.length))).toEqual(expected.sessions)
  },
  300_000,
)
