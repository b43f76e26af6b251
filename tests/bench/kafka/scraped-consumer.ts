import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseExposition, parseSeries } from '../../exposition.ts'
import { until } from '../../running-start.ts'
import { type Child, startChild } from './child.ts'
import { PARTITIONS } from './topics.ts'

const CONSUMER = fileURLToPath(new URL('../../../consumer/main.ts', import.meta.url))
const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
/** Those of `npm run consumer`. */
const NODE_FLAGS: string[] = scripts.consumer.split(' ').slice(1, -1)
const SCRAPE_INTERVAL_MS = 5_000
/** Before anything is known of its speed. */
const FIRST_SCRAPE_MS = 1_000
const LAST_SCRAPES_MS = 100

export interface ScrapedConsumer {
  readonly child: Child
  /** Where it serves. */
  readonly url: string
}

/**
 * Our consumer as an operator runs it. Of its settings only one is not as it comes: snapshots are ten times as frequent,
 * because else a run of a few seconds would see none.
 */
export async function startConsumer(flags: readonly string[]): Promise<ScrapedConsumer> {
  const own = ['--port', '0', '--log-file', 'none', '--snapshot-interval', '3s']
  const child = startChild(CONSUMER, [...own, ...flags], NODE_FLAGS)
  const [, url] = await child.line(/^\s*metrics\s+(http:\S+)\/metrics$/)
  return { child, url: url! }
}

/** Resolves when the members of one group have restored all partitions and nothing is left to read. */
export async function untilRead(consumers: readonly ScrapedConsumer[], events: number): Promise<void> {
  await Promise.all(consumers.map(({ url }) => untilReady(url)))
  const startMs = performance.now()
  for (let left = events; left > 0; left = leftToRead(await pagesOf(consumers), events)) {
    await sleep(nextScrapeMs(performance.now() - startMs, left, events))
  }
}

/** What all members together count as read. The numbers are those of a second ago at most. */
export async function countedBy(consumers: readonly ScrapedConsumer[], events: number): Promise<void> {
  await until(async () => {
    const pages = await pagesOf(consumers)
    return sumOf(pages, 'clickstream_records_consumed_total') === events ? true : undefined
  }, `the consumers to count ${events} records`)
  for (const page of await pagesOf(consumers)) {
    const share = sumOf([page], 'clickstream_partitions_assigned')
    if (share !== PARTITIONS / consumers.length) throw new RangeError(`a consumer has ${share} partitions`)
  }
}

/**
 * How long until the next scrape: five seconds, and when the end is nearer than that, half of the time the rest should
 * take, so that the end is noticed soon and few scrapes come on top of the usual ones.
 */
export function nextScrapeMs(elapsedMs: number, left: number, events: number): number {
  if (left === events) return FIRST_SCRAPE_MS
  const restMs = (elapsedMs * left) / (events - left)
  return Math.min(SCRAPE_INTERVAL_MS, Math.max(LAST_SCRAPES_MS, restMs / 2))
}

/** Records left in all partitions; all of them as long as not every partition is known. */
export function leftToRead(pages: readonly ReadonlyMap<string, number>[], events: number): number {
  const lags = valuesOf(pages, 'clickstream_kafka_consumer_lag_records')
  return lags.length < PARTITIONS ? events : lags.reduce((sum, lag) => sum + lag, 0)
}

type Page = ReadonlyMap<string, number>

const valuesOf = (pages: readonly Page[], name: string): number[] =>
  pages.flatMap((page) => [...page].filter(([series]) => parseSeries(series).name === name).map(([, value]) => value))

const sumOf = (pages: readonly Page[], name: string): number =>
  valuesOf(pages, name).reduce((sum, value) => sum + value, 0)

const pagesOf = (consumers: readonly ScrapedConsumer[]): Promise<Page[]> =>
  Promise.all(
    consumers.map(async ({ url }) => {
      const answer = await fetch(`${url}/metrics`)
      return parseExposition(await answer.text())
    }),
  )

async function untilReady(url: string): Promise<void> {
  while (!(await fetch(`${url}/-/ready`)).ok) await sleep(50)
}
