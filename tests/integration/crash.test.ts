import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import type { ReferenceEvent } from '../../producer/oracle/event.ts'
import { asUserEventsJson } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { isStateCounter, parseExposition, parseSeries } from '../exposition.ts'
import { referenceEventOf, referenceSeries } from '../reference-series.ts'
import { spawnStart, until } from '../running-start.ts'

const KILLS = 20
const PARTITIONS = 3
const SCRAPE_MS = 200
const SESSION_GAP_MS = 2_000
const ALLOWED_LATENESS_MS = 500
const DISORDERED_PER_KILL = 300
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 31)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crash-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const flags = (rate: number): string[] =>
  Object.entries({
    data: folder,
    partitions: PARTITIONS,
    rate,
    seed: 7,
    'session-gap': `${SESSION_GAP_MS}ms`,
    'allowed-lateness': `${ALLOWED_LATENESS_MS}ms`,
    'idle-advance': 'off',
    'snapshot-interval': '700ms',
    'summary-interval': 'none',
  }).flatMap(([name, value]) => [`--${name}`, String(value)])

test(`${KILLS} times killed under load: every series only rises, and the totals are those of the log`, async () => {
  console.info(`crash seed ${seed}`)
  const lives = fc.sample(fc.integer({ min: 150, max: 1500 }), { numRuns: KILLS, seed })
  const highest = new Map<string, number>()
  const backwards: string[] = []
  let scrapes = 0
  const scrape = async (url: string): Promise<Map<string, number>> => {
    const series = parseExposition(await (await fetch(`${url}/metrics`)).text())
    scrapes++
    for (const [key, value] of series) {
      if (!isStateCounter(key)) continue
      const before = highest.get(key) ?? 0
      if (value < before) backwards.push(`${key}: ${before} -> ${value}`)
      highest.set(key, Math.max(before, value))
    }
    return series
  }

  for (const [life, lifeMs] of lives.entries()) {
    const start = await spawnStart(flags(3000))
    const scraping = setInterval(() => void scrape(start.url).catch(() => undefined), SCRAPE_MS)
    await until(async () => ((await scrape(start.url)).size > 0 ? true : undefined), 'a first scrape')
    await new Promise((resolve) => setTimeout(resolve, lifeMs))
    expect(await start.end('SIGKILL')).toBe('SIGKILL')
    clearInterval(scraping)
    await appendDisordered(seed + life, 1_000_000 + 100 * life)
  }

  const last = await spawnStart(flags(0))
  await until(async () => {
    const lags = [...(await scrape(last.url))].filter(([key]) =>
      key.startsWith('clickstream_kafka_consumer_lag_records'),
    )
    return lags.length === PARTITIONS && lags.every(([, lag]) => lag === 0) ? true : undefined
  }, 'every partition to be read to its end')
  const readAt = Date.now()
  const exposed = await until(async () => {
    const series = await scrape(last.url)
    return Date.now() - series.get('clickstream_capture_age_seconds')! * 1000 > readAt ? series : undefined
  }, 'a capture taken after that')
  expect(await last.end('SIGTERM')).toBe(0)

  expect(backwards).toStrictEqual([])
  const logs = await readLog()
  const total = logs.reduce((sum, { events, malformed }) => sum + events.length + malformed, 0)
  expect(total).toBeGreaterThan(KILLS * (DISORDERED_PER_KILL + 100))
  const shown = new Set<string>()
  for (const [partition, { events, malformed }] of logs.entries()) {
    const expected = referenceSeries(
      events,
      aReferenceRun({ gapMs: SESSION_GAP_MS, allowedLatenessMs: ALLOWED_LATENESS_MS, funnels: DEFAULT_FUNNELS }),
      { group: 'clickstream-exporter', topic: 'user-events', partition: String(partition) },
      malformed,
    )
    for (const key of Object.keys(expected)) shown.add(key)
    const own = [...exposed].filter(
      ([key]) => isStateCounter(key) && parseSeries(key).labels.partition === String(partition),
    )
    expect(Object.fromEntries(own.filter(([, value]) => value !== 0))).toStrictEqual(expected)
  }
  expect(RULES.filter((rule) => ![...shown].some((key) => key.startsWith(`clickstream_${rule}`)))).toStrictEqual([])
  console.info(`${scrapes} scrapes over ${KILLS} kills, ${total} records`)
})

const DEFAULT_FUNNELS = [
  {
    name: 'purchase',
    steps: [
      { name: 'view', event: 'page_view' as const },
      { name: 'cart', event: 'add_to_cart' as const },
      { name: 'purchase', event: 'purchase' as const },
    ],
  },
  {
    name: 'checkout',
    steps: [
      { name: 'view', event: 'page_view' as const },
      { name: 'cart', event: 'add_to_cart' as const },
      { name: 'checkout', event: 'checkout' as const },
      { name: 'purchase', event: 'purchase' as const },
    ],
  },
]

/** What must have happened in some partition, or the test would not show that it survives. */
const RULES = [
  'events_dropped_total{reason="late"',
  'events_dropped_total{reason="duplicate"',
  'records_rejected_total{reason="future_dated"',
  'records_rejected_total{reason="malformed_json"',
  'revenue_total{currency="EUR"',
  'checkout_to_purchase_seconds_count',
  'funnel_sessions_total{funnel="checkout",step="purchase"',
  'session_exits_total{page="__none__"',
  'clicks_total',
]

const openLog = (now: () => number) =>
  openEmbeddedLog({
    folder,
    topic: 'user-events',
    group: 'a reader',
    partitions: PARTITIONS,
    retentionBytes: 2 ** 40,
    now,
  })

/** While nobody runs: what a well-behaved producer never sends, copies of the dead process's own records included. */
async function appendDisordered(seed: number, firstUser: number): Promise<void> {
  const log = openLog(Date.now)
  const traffic = disorderedTraffic({
    seed,
    count: DISORDERED_PER_KILL,
    // From a moment that is not late yet.
    fromMs: Date.now() - ALLOWED_LATENESS_MS / 2,
    stepMs: 2,
    // Others each time: the same ones would stay in one session over all kills.
    firstUser,
    allowedLatenessMs: ALLOWED_LATENESS_MS,
    gapMs: SESSION_GAP_MS,
  })
  const records = traffic.map((event) => ({ key: event.user, value: asUserEventsJson(event) }))
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { endOffset } = await log.bounds(partition)
    if (endOffset === 0) continue
    const { records: last } = await log.read(partition, Math.max(0, endOffset - 20), new AbortController().signal)
    for (const { bytes, start, end } of last) {
      const value = Uint8Array.from(bytes.subarray(start, end))
      const record = parsed(value)
      if (record !== undefined) records.push({ key: String(record.user_id), value })
    }
  }
  for (const user of new Set(traffic.map((event) => event.user))) {
    records.push({ key: user, value: Buffer.from(`{"user_id":${user},"cut short`) })
  }
  await log.append(records)
  await log.leave()
}

function parsed(value: Uint8Array): Parameters<typeof referenceEventOf>[0] | undefined {
  try {
    return JSON.parse(Buffer.from(value).toString())
  } catch {
    return undefined
  }
}

async function readLog(): Promise<{ events: ReferenceEvent[]; malformed: number }[]> {
  const log = openLog(() => 0)
  const logs: { events: ReferenceEvent[]; malformed: number }[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const events: ReferenceEvent[] = []
    let malformed = 0
    const { endOffset } = await log.bounds(partition)
    for (let next = 0; next < endOffset; ) {
      const batch = await log.read(partition, next, new AbortController().signal)
      for (const { bytes, start, end, logTimeMs } of batch.records) {
        const record = parsed(bytes.subarray(start, end))
        if (record === undefined) malformed++
        else events.push(referenceEventOf(record, logTimeMs))
      }
      next = batch.nextOffset
    }
    logs.push({ events, malformed })
  }
  await log.leave()
  return logs
}
