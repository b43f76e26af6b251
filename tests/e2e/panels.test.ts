import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { dashboards } from '../../grafana/src/dashboards.ts'
import { alertGroups, recordingGroups, rulesYaml } from '../../prometheus/src/files.ts'
import { SHORT, type Windows } from '../../prometheus/src/windows.ts'
import { eventText } from '../collector-server.ts'
import { mustRun } from '../required-program.ts'
import { startPrometheus } from '../running-prometheus.ts'
import { spawnStart, until } from '../running-start.ts'
import { TRAFFIC_MODEL } from '../scenarios/conditions.ts'

interface Series {
  metric: Record<string, string>
  value?: [time: number, text: string]
  values?: [time: number, text: string][]
}

interface Answer {
  readonly series: readonly Series[]
  readonly tookMs: number
}

type Ask = (path: 'query' | 'query_range', parameters: Record<string, string | number>) => Promise<Answer>

interface PanelQuery {
  readonly dashboard: string
  readonly panel: string
  readonly expr: string
  readonly isInstant: boolean
}

/** A week that fits into the test: what is usual is known after half a minute. */
const WINDOWS: Windows = { ...SHORT, interval: 2, h1: 10, h6: 12, d1: 15, d3: 20, d7: 30 }
/** Length of the period that the panels show. */
const RANGE_SECONDS = 16
/** Fires while a twentieth of the records is damaged, and did so for long enough to show in the period. */
const FIRED = `last_over_time(ALERTS{alertname="BadData",alertstate="firing"}[2s] offset ${RANGE_SECONDS}s)`
/** Of events that are sent over HTTP: several requests between two scrapes. */
const SEND_EVERY_MS = 200
const LONGEST_MS = 1_000
const MOST_TRIES = 10

/** Without them some panels could not have data yet. */
const NEEDED = [
  'topic:clickstream_settled:bool',
  `partition:clickstream_sessions_closed:max offset ${2 * RANGE_SECONDS}s > 0`,
  'topic:clickstream_checkout_conversion:usual7d',
  'up == 1',
  `clickstream_collector_records_total{outcome="accepted"} offset ${2 * RANGE_SECONDS}s > 0`,
]

/** As Grafana fills them in when all topics and pages are chosen. */
const VALUES: Record<string, string> = {
  job: 'clickstream',
  group: 'clickstream-exporter',
  topic: '.+',
  page: '.+',
  collector: '.+',
  funnel: 'checkout',
  window: '10s',
  __range: `${RANGE_SECONDS}s`,
  __range_s: String(RANGE_SECONDS),
  __rate_interval: '10s',
  __interval: '1s',
}

const filledIn = (expr: string): string =>
  expr.replace(/\$(\w+)/g, (placeholder, name: string) => (/^\d/.test(name) ? placeholder : VALUES[name]!))

const QUERIES: readonly PanelQuery[] = [...dashboards()].flatMap(([file, { panels }]) =>
  panels!.flatMap((panel) =>
    (('targets' in panel ? panel.targets! : []) as { expr?: string; instant?: boolean }[]).map(({ expr, instant }) => ({
      dashboard: file.replace('.json', ''),
      panel: panel.title!,
      expr: filledIn(expr!),
      isInstant: instant === true,
    })),
  ),
)

interface SentRequest {
  readonly body: () => string
  /** What it must be answered. */
  readonly status: number
}

/** Whole seconds would be late by more than is allowed. */
const eventNow = (fields = {}): string => eventText({ timestamp: Date.now() / 1000, ...fields })

const TAKEN: readonly SentRequest[] = [{ body: eventNow, status: 200 }]
const AT_FAULT: readonly SentRequest[] = [
  { body: () => `[${eventNow()},${eventNow({ user_id: null })}]`, status: 200 },
  { body: () => '{"records":[', status: 400 },
]

/** What panels on trouble show where there is none. */
const NONE = 'none'

test.for([
  { traffic: 'clean traffic', disorder: 'none', pages: 0, requests: TAKEN },
  {
    traffic: 'bad records and more than 10,000 series',
    disorder: 'late=0.02,duplicate=0.02,bad_json=0.05',
    pages: 2_500,
    requests: [...TAKEN, ...AT_FAULT],
  },
])('with $traffic, every query of every panel has data in less than a second', async ({
  traffic,
  disorder,
  pages,
  requests,
}, { skip }) => {
  if (!mustRun('prometheus')) return skip('prometheus is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-panels-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  await withPages(folder, pages)
  const model = join(folder, 'model.yaml')
  // At night there are too few checkouts to tell what is usual.
  writeFileSync(model, JSON.stringify(TRAFFIC_MODEL))
  const data = join(folder, 'data')
  const exporter = await spawnStart(flagsOf({ data, model, disorder, 'max-pages': pages + 100 }))
  onTestFinished(async () => {
    await exporter.end('SIGKILL')
  })
  const stopSending = sending(`${exporter.url}/events`, requests)
  const ask = asking(await prometheusOver(folder, Number(new URL(exporter.url).port)))
  const holds = async (expressions: readonly string[], atMs: number): Promise<boolean> => {
    const query = expressions.map((expr) => `count (${expr}) > 0`).join(' and ')
    return (await ask('query', { query, time: atMs / 1000 })).series.length > 0
  }

  const isClean = disorder === 'none'
  const needed = [...NEEDED, ...(isClean ? [] : [FIRED])]
  for (const expr of needed) await until(async () => (await holds([expr], Date.now())) || undefined, expr)
  const atMs = await until(
    async () => {
      const nowMs = Date.now()
      return (await holds(needed, nowMs)) ? nowMs : undefined
    },
    `${needed.join(' and ')} together`,
  )
  await stopSending()
  // What is asked about is over, and takes nothing from those who ask.
  expect(await exporter.end('SIGTERM')).toBe(0)
  const { series: scraped } = await ask('query', { query: 'scrape_samples_scraped', time: atMs / 1000 })
  expect(Number(scraped[0]!.value![1])).toBeGreaterThan(pages * 5)

  const answers = new Map<string, Answer>()
  const rows: string[] = []
  const faults: string[] = []
  let slowestMs = 0
  for (const query of QUERIES) {
    const { series, tookMs } = await quickestAnswer(ask, query, atMs)
    const shown = series.filter(hasFigures)
    answers.set(query.panel, { series: shown, tookMs })
    rows.push(`${query.dashboard.padEnd(13)} ${query.panel.padEnd(45)} ${shown.length} series, ${tookMs.toFixed(0)} ms`)
    if (shown.length === 0) faults.push(`${query.panel}: no data for ${query.expr}`)
    if (tookMs >= LONGEST_MS) faults.push(`${query.panel}: took ${tookMs.toFixed(0)} ms, ${query.expr}`)
    slowestMs = Math.max(slowestMs, tookMs)
  }
  console.info(`panels with ${traffic}:\n${rows.join('\n')}`)
  console.info(`${QUERIES.length} queries, the slowest took ${slowestMs.toFixed(0)} ms`)
  expect(faults).toStrictEqual([])

  const labelled = (panel: string, label: string): Set<string | undefined> =>
    new Set(answers.get(panel)!.series.map(({ metric }) => metric[label]))
  expect(labelled('Rejected records by reason', 'reason').has(NONE)).toBe(isClean)
  expect(labelled('Rejected records by reason', 'reason').has('malformed_json')).toBe(!isClean)
  for (const [panel, label, ofClean, ofFaulty] of [
    ['Requests by status', 'status', ['200'], ['200', '400']],
    ['Refused requests by reason', 'reason', [NONE], ['malformed_json']],
    ['Received records that are no event, by reason', 'reason', [NONE], ['missing_user']],
  ] as const) {
    expect([panel, ...labelled(panel, label)]).toStrictEqual([panel, ...(isClean ? ofClean : ofFaulty)])
  }
  for (const panel of ['Firing over time', 'How long each fired in this period']) {
    expect([panel, labelled(panel, 'alertname').has('BadData')]).toStrictEqual([panel, !isClean])
  }
})

/**
 * Sends the requests in turn, over and over. What it gives ends that, and rejects when one was not answered as it must be.
 */
function sending(url: string, requests: readonly SentRequest[]): () => Promise<void> {
  let isOver = false
  const send = async (): Promise<void> => {
    for (let sent = 0; !isOver; sent++) {
      const { body, status } = requests[sent % requests.length]!
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(url, { method: 'POST', headers, body: body() })
      const answer = await response.text()
      if (response.status !== status) throw new Error(`${response.status} in place of ${status}: ${answer}`)
      await sleep(SEND_EVERY_MS)
    }
  }
  const sent = send()
  // Told by what waits for it.
  sent.catch(() => undefined)
  return () => {
    isOver = true
    return sent
  }
}

/** Of a few tries, because other programs may have the machine just then. */
async function quickestAnswer(ask: Ask, { expr, isInstant }: PanelQuery, atMs: number): Promise<Answer> {
  const end = atMs / 1000
  for (let tries = 1; ; tries++) {
    const answer = isInstant
      ? await ask('query', { query: expr, time: end })
      : await ask('query_range', { query: expr, start: end - RANGE_SECONDS, end, step: 1 })
    if (answer.tookMs < LONGEST_MS || tries === MOST_TRIES) return answer
  }
}

const hasFigures = ({ value, values = [] }: Series): boolean =>
  [...values, ...(value ? [value] : [])].some(([, text]) => Number.isFinite(Number(text)))

function asking(prometheus: string): Ask {
  return async (path, parameters) => {
    const startedAt = performance.now()
    const body = new URLSearchParams(
      Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
    )
    const response = await fetch(`${prometheus}/api/v1/${path}`, { method: 'POST', body })
    const { status, data, error } = (await response.json()) as {
      status: string
      data: { result: Series[] }
      error?: string
    }
    if (status !== 'success') throw new Error(`${error}: ${parameters.query}`)
    return { series: data.result, tookMs: performance.now() - startedAt }
  }
}

const flagsOf = (own: Record<string, string | number>): string[] =>
  Object.entries({
    rate: 500,
    partitions: 2,
    'session-gap': '1s',
    'allowed-lateness': '200ms',
    'snapshot-interval': '2s',
    expected: 'on',
    ...own,
  }).flatMap(([name, value]) => [`--${name}`, String(value)])

/** Makes the exporter's log, with a view of each of that many pages in it. */
async function withPages(folder: string, pages: number): Promise<void> {
  const log = openEmbeddedLog({
    folder: join(folder, 'data'),
    topic: 'user-events',
    group: 'clickstream-exporter',
    partitions: 2,
    retentionBytes: 2 ** 30,
    now: Date.now,
  })
  const timestamp = Date.now() / 1000
  await log.append(
    Array.from({ length: pages }, (_, page) => ({
      key: `reader-${page}`,
      value: Buffer.from(
        JSON.stringify({ user_id: `reader-${page}`, action: 'view', page: `/article-${page}-x`, timestamp }),
      ),
    })),
  )
  await log.leave()
}

/** Starts Prometheus on a free port with the rules, scraping the exporter; gives its URL once it answers. */
async function prometheusOver(folder: string, exporterPort: number): Promise<string> {
  const config = join(folder, 'prometheus.yml')
  writeFileSync(join(folder, 'rules.yml'), rulesYaml(recordingGroups(WINDOWS)))
  writeFileSync(join(folder, 'alerts.yml'), rulesYaml(alertGroups(WINDOWS)))
  writeFileSync(
    config,
    `global:
  scrape_interval: 2s
  scrape_timeout: 2s
rule_files: [rules.yml, alerts.yml]
scrape_configs:
  - job_name: clickstream
    static_configs:
      - targets: ['127.0.0.1:${exporterPort}']
`,
  )
  return startPrometheus(folder, config)
}
