import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { aReferenceRun } from '../core-run.ts'
import { isStateCounter, parseExposition, parseSeries } from '../exposition.ts'
import type { ReferenceEvent } from '../reference/event.ts'
import { referenceEventOf, referenceSeries } from '../reference-series.ts'
import { spawnStart, until } from '../running-start.ts'

const KILLS = 20
const PARTITIONS = 3
const SCRAPE_MS = 200
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
    'session-gap': '2s',
    'allowed-lateness': '500ms',
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

  for (const lifeMs of lives) {
    const start = await spawnStart(flags(3000))
    const scraping = setInterval(() => void scrape(start.url).catch(() => undefined), SCRAPE_MS)
    await until(async () => ((await scrape(start.url)).size > 0 ? true : undefined), 'a first scrape')
    await new Promise((resolve) => setTimeout(resolve, lifeMs))
    expect(await start.end('SIGKILL')).toBe('SIGKILL')
    clearInterval(scraping)
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
  expect(logs.flat().length).toBeGreaterThan(KILLS * 100)
  for (const [partition, events] of logs.entries()) {
    const expected = referenceSeries(
      events,
      aReferenceRun({ gapMs: 2000, allowedLatenessMs: 500, funnels: DEFAULT_FUNNELS }),
      { group: 'clickstream-exporter', topic: 'user-events', partition: String(partition) },
    )
    const own = [...exposed].filter(
      ([key]) => isStateCounter(key) && parseSeries(key).labels.partition === String(partition),
    )
    expect(Object.fromEntries(own.filter(([, value]) => value !== 0))).toStrictEqual(expected)
  }
  console.info(`${scrapes} scrapes over ${KILLS} kills, ${logs.flat().length} events`)
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

async function readLog(): Promise<ReferenceEvent[][]> {
  const log = openEmbeddedLog({
    folder,
    topic: 'user-events',
    group: 'a reader',
    partitions: PARTITIONS,
    retentionBytes: 2 ** 40,
    now: () => 0,
  })
  const logs: ReferenceEvent[][] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const events: ReferenceEvent[] = []
    const { endOffset } = await log.bounds(partition)
    for (let next = 0; next < endOffset; ) {
      const batch = await log.read(partition, next, new AbortController().signal)
      for (const { bytes, start, end, logTimeMs } of batch.records) {
        events.push(referenceEventOf(JSON.parse(Buffer.from(bytes.subarray(start, end)).toString()), logTimeMs))
      }
      next = batch.nextOffset
    }
    logs.push(events)
  }
  await log.leave()
  return logs
}
