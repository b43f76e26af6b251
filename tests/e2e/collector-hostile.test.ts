import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { parseExposition, parseSeries } from '../exposition.ts'
import { sendHostileRequests } from '../hostile/hostile-lanes.ts'
import { Ledger } from '../hostile/ledger.ts'
import { dribble } from '../hostile/slow-client.ts'
import { spawnStart, until } from '../running-start.ts'

const SEED = Number(process.env.HOSTILE_SEED ?? 1)
const REQUESTS = 21_000
const LANES = 6
const PARTITIONS = 3
const LIMITS = { maxBodyBytes: 256 * 1024, maxRequestRecords: 1_000 }
const MOST_RSS_MB = 500

/** Sums of what a page shows, by name and the value of one label. */
function sumBy(page: ReadonlyMap<string, number>, metric: string, label: string): Map<string, number> {
  const sums = new Map<string, number>()
  for (const [series, value] of page) {
    // Pages are what strangers sent: their series are not even looked at.
    if (!series.startsWith(`${metric}{`) || value === 0) continue
    const word = parseSeries(series).labels[label] ?? ''
    sums.set(word, (sums.get(word) ?? 0) + value)
  }
  return sums
}

const sumOf = (page: ReadonlyMap<string, number>, metric: string): number =>
  [...sumBy(page, metric, '').values()].reduce((sum, value) => sum + value, 0)

/** Everything a log holds, as Latin-1. */
async function valuesIn(folder: string): Promise<string[]> {
  const place = { topic: 'user-events', group: 'clickstream-exporter', partitions: PARTITIONS }
  const log = openEmbeddedLog({ ...place, folder, retentionBytes: 2 ** 40, now: Date.now })
  const values: string[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { endOffset } = await log.bounds(partition)
    for (let from = 0; from < endOffset; ) {
      const batch = await log.read(partition, from, new AbortController().signal)
      for (const { bytes, start, end } of batch.records)
        values.push(Buffer.from(bytes.subarray(start, end)).toString('latin1'))
      from = batch.nextOffset
    }
  }
  await log.leave()
  return values
}

const mostRssMb = (pid: number): number => {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

test('hostile requests are answered and counted to the unit, and what was accepted is in the log as it was sent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-hostile-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const sizes = [
    '--max-body-size',
    `${LIMITS.maxBodyBytes / 1024}KiB`,
    '--max-request-records',
    `${LIMITS.maxRequestRecords}`,
  ]
  const collector = await spawnStart(['--rate', '0', '--data', folder, '--partitions', `${PARTITIONS}`, ...sizes])
  onTestFinished(() => void collector.process.kill('SIGKILL'))
  const { host, port } = new URL(collector.url)
  const page = async () => parseExposition(await (await fetch(`${collector.url}/metrics`)).text())

  const heads = ['Content-Length: 100000\r\n', 'Transfer-Encoding: chunked\r\n'].map(
    (length) => `POST /events HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${length}\r\n`,
  )
  const slow = [...heads, `GET /stats HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `].map((head) => dribble(Number(port), head))
  const ledger = new Ledger()
  const target = { host, ...LIMITS }
  await sendHostileRequests({
    seed: SEED,
    requests: REQUESTS,
    lanes: LANES,
    port: Number(port),
    target,
    heard: ledger.hear,
  })
  console.log(`HOSTILE_SEED=${SEED}\n${ledger.table()}`)

  expect(ledger.faults).toEqual([])
  for (const answer of await Promise.all(slow)) expect(answer?.status ?? 408).toBeOneOf([400, 408])
  expect(await (await fetch(`${collector.url}/-/healthy`)).text()).toBe('healthy\n')
  expect(ledger.requests + ledger.recordsSent).toBeGreaterThan(100_000)

  const shown = await until(async () => {
    const now = await page()
    return sumOf(now, 'clickstream_records_consumed_total') === ledger.accepted ? now : undefined
  }, `the exporter to count ${ledger.accepted} records`)
  expect(sumOf(shown, 'clickstream_records_rejected_total')).toBe(0)
  expect(sumOf(shown, 'clickstream_events_total') + sumOf(shown, 'clickstream_events_dropped_total')).toBe(
    ledger.accepted,
  )

  const records = sumBy(shown, 'clickstream_collector_records_total', 'outcome')
  expect(Object.fromEntries(records)).toEqual({
    accepted: ledger.accepted,
    duplicate: ledger.duplicates,
    rejected: ledger.rejected,
  })
  expect(sumOf(shown, 'clickstream_collector_records_rejected_total')).toBe(ledger.rejected)
  expect(await (await fetch(`${collector.url}/stats`)).json()).toMatchObject({
    total_events: ledger.accepted,
    records_rejected: 0,
    caught_up: true,
  })
  const answered = sumOf(shown, 'clickstream_collector_requests_total')
  expect(answered).toBeGreaterThanOrEqual(ledger.answers)
  expect(answered).toBeLessThanOrEqual(ledger.answers + ledger.cut + slow.length)

  const rssMb = mostRssMb(collector.process.pid!)
  console.log(`peak RSS ${rssMb.toFixed(0)} MB`)
  expect(rssMb).toBeLessThan(MOST_RSS_MB)
  expect(collector.output()).not.toMatch(/unhandled|uncaught|Warning|Error:|internal_error/i)
  expect(await collector.end('SIGTERM')).toBe(0)

  const values = await valuesIn(folder)
  expect(values.length).toBe(ledger.accepted)
  expect(values.filter((value) => !ledger.explains(value)).slice(0, 5)).toEqual([])
}, 300_000)
