import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isStateCounter, parseExposition, parseSeries } from '../exposition.ts'
import { freePort } from '../kafka/free-port.ts'
import { mustRun } from '../required-program.ts'
import { startPrometheus } from '../running-prometheus.ts'
import { type RunningStart, spawnStart, until } from '../running-start.ts'

interface Sample {
  metric: Record<string, string>
  value: [time: number, text: string]
}

const KILLS = 3
const SCRAPE_SECONDS = 0.5
/** In each life that is killed, so that there is something to lose. */
const RECORDS = 200

test('Prometheus, scraping over kills and restarts, sees no counter go back and ends with the numbers shown', async ({
  skip,
}) => {
  if (!mustRun('prometheus')) return skip('prometheus is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-prometheus-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const prometheus = await prometheusOver(folder, port)
  const query = async (expression: string): Promise<Sample[]> => {
    const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const { status, data, error } = (await response.json()) as {
      status: string
      data: { result: Sample[] }
      error?: string
    }
    if (status !== 'success') throw new Error(error)
    return data.result
  }
  const consumed = async (): Promise<number> =>
    Number((await query('sum(clickstream_records_consumed_total)'))[0]?.value[1] ?? 0)
  const scrapes = async (): Promise<number> =>
    Number((await query('sum(count_over_time(clickstream_records_consumed_total[10m]))'))[0]?.value[1] ?? 0)
  const tenMore = async (): Promise<void> => {
    const before = await scrapes()
    await until(
      async () => ((await scrapes()) >= before + 2 * 5 ? true : undefined),
      'Prometheus to scrape five times more',
    )
  }

  for (let kill = 0; kill < KILLS; kill++) {
    const life = await boot(folder, port, 400)
    await until(async () => ((await consumed()) > (kill + 1) * RECORDS ? true : undefined), 'records to be consumed')
    await tenMore()
    expect(await life.end('SIGKILL')).toBe('SIGKILL')
  }
  const last = await boot(folder, port, 0)
  await tenMore()
  await until(
    async () => ((await query('sum(clickstream_kafka_consumer_lag_records) == 0')).length > 0 ? true : undefined),
    'all to be read',
  )
  await tenMore()

  const shown = parseExposition(await (await fetch(`${last.url}/metrics`)).text())
  const names = new Set([...shown.keys()].filter(isStateCounter).map((key) => parseSeries(key).name))
  expect(names.size).toBeGreaterThan(20)
  for (const name of names) {
    const [resets] = await query(`sum(resets(${name}[10m]))`)
    expect([name, resets?.value[1]]).toStrictEqual([name, '0'])
  }
  // What begins again with every process shows that Prometheus did see the kills.
  const [processResets] = await query('sum(changes(process_start_time_seconds{job="clickstream"}[10m]))')
  expect(Number(processResets!.value[1])).toBe(KILLS)

  const seen = await query('{__name__=~"clickstream_.*_(total|bucket|sum|count)",partition!=""}')
  expect(seen.length).toBeGreaterThan(150)
  const differing = seen.filter(({ metric, value }) => shown.get(keyOf(metric, shown)) !== Number(value[1]))
  expect(differing).toStrictEqual([])
  expect(await consumed()).toBeGreaterThan(KILLS * RECORDS)
  expect(await query('up == 0')).toStrictEqual([])
  expect(await last.end('SIGTERM')).toBe(0)
})

async function boot(folder: string, port: number, rate: number): Promise<RunningStart> {
  const flags = {
    data: join(folder, 'data'),
    port,
    rate,
    partitions: 2,
    'session-gap': '1s',
    'allowed-lateness': '200ms',
  }
  const life = await spawnStart(Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]))
  onTestFinished(async () => {
    await life.end('SIGKILL')
  })
  return life
}

/** Starts Prometheus on a free port, scraping the exporter's; gives its URL once it answers. */
async function prometheusOver(folder: string, exporterPort: number): Promise<string> {
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `scrape_configs:
  - job_name: clickstream
    scrape_interval: ${SCRAPE_SECONDS * 1000}ms
    scrape_timeout: ${SCRAPE_SECONDS * 1000}ms
    static_configs:
      - targets: ['127.0.0.1:${exporterPort}']
`,
  )
  return startPrometheus(folder, config)
}

/** The series of the page that a sample of Prometheus is, which orders labels by name. */
function keyOf(
  { __name__: name, instance: _instance, job: _job, ...labels }: Record<string, string>,
  page: ReadonlyMap<string, number>,
): string {
  const wanted = Object.entries(labels)
    .map(([label, text]) => `${label}="${text}"`)
    .sort()
    .join()
  for (const key of page.keys()) {
    const [own, rest] = key.split('{')
    if (own === name && rest!.slice(0, -1).split(',').sort().join() === wanted) return key
  }
  return `${name}{${wanted}}`
}
