import { isUtf8 } from 'node:buffer'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { producer } from '../../commands/commands.ts'
import { destinationOf } from '../../producer/destination.ts'
import { openExpectedPage } from '../../producer/expected-page.ts'
import { startProducing } from '../../producer/producing.ts'
import { productionOf } from '../../producer/production.ts'
import { parseExposition } from '../exposition.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'

const steadyNow = (): number => performance.now()

/** A producer within this process, as the command starts it. */
async function aProducer(flags: readonly string[]) {
  const parsed = producer.parse(['--summary-interval', '100ms', '--expected-port', '0', ...flags], {})
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  const { settings } = parsed
  const printed: string[] = []
  const lines: string[] = []
  const logger = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line).msg) })
  const destination = destinationOf(settings, { now: Date.now, steadyNow: () => performance.now() })
  const production = productionOf(settings, Date.now)
  const print = (line: string): void => void printed.push(line)
  const told = { logger, print, now: Date.now, steadyNow }
  const producing = await startProducing({ ...settings, production, destination, ...told })
  const page = (await openExpectedPage({ ...settings, destination, producing, logger, steadyNow }))!
  const stop = async (): Promise<void> => {
    await Promise.all([producing.stop(), page.close()])
  }
  onTestFinished(stop)
  return { producing, page, printed, lines, stop }
}

/** The expected totals by metric, once everything in the topic is in them. */
const totalsOf = (url: string, records: number): Promise<Map<string, number>> =>
  until(async () => {
    const page = parseExposition(await (await fetch(`${url}/metrics`)).text())
    const totals = new Map<string, number>()
    for (const [series, value] of page) {
      const [, metric] = /^clickstream_producer_expected_total\{metric="(.*)"\}$/.exec(series) ?? []
      if (metric !== undefined) totals.set(metric, value)
    }
    const isWhole = page.get('clickstream_producer_expected_lag_records') === 0
    return isWhole && totals.get('records_consumed_total') === records ? totals : undefined
  }, `expected totals of ${records} records`)

kafkaTest('creates its topic, tells how it gets on, and counts what it wrote', async ({ broker, kafka }) => {
  const topic = uniqueName('produced')
  const flags = ['--brokers', broker.bootstrap, '--topic', topic, '--partitions', '2', '--rate', '500']
  const { printed, lines, stop } = await aProducer(flags)
  const told = (): number => Number(/ ([\d,]+) events/.exec(printed.at(-1)!)?.[1]?.replaceAll(',', '') ?? 0)
  await until(async () => (told() > 200 ? true : undefined), 'a few hundred events')
  await stop()

  const [, stopped] = /^stopped after (\d+) events$/.exec(printed.at(-1)!)!
  const records = await kafka.readAll(topic)
  expect(records).toHaveLength(Number(stopped))
  expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([0, 1]))
  expect(printed[0]).toMatch(/^producing 500 synthetic events a second to produced-.* at .*\n {2}seed 1, run \d+;/)
  expect(lines).toEqual(['stopped'])
})

kafkaTest('expects what the topic holds, whoever wrote it and however often', async ({ broker, kafka }) => {
  const topic = uniqueName('expected')
  const disorder = ['--disorder', 'duplicate=0.2,bad_json=0.1']
  const flags = ['--brokers', broker.bootstrap, '--topic', topic, '--events', '3000', ...disorder]
  // The second run begins when the first has ended: its events come in order too.
  for (const [run, from] of [
    ['1', '2026-01-01'],
    ['2', '2026-01-02'],
  ]) {
    const { producing, page, stop } = await aProducer([...flags, '--run', run!, '--from', `${from}T00:00:00Z`])
    await producing.finished
    const values = (await kafka.readAll(topic)).map(({ value }) => value!)
    const events = values.flatMap(eventIn)
    const distinct = [...new Map(events.map((event) => [event.event_id, event])).values()]
    const totals = await totalsOf(page.url, values.length)
    const count = (action: string): number => distinct.filter((event) => event.action === action).length
    expect(values.length).toBe(3_000 * Number(run))
    expect(totals.get('events_total')).toBe(distinct.length)
    expect(totals.get('page_views_total')).toBe(count('view'))
    expect(totals.get('clicks_total')).toBe(count('click'))
    expect(totals.get('events_dropped_total')).toBe(events.length - distinct.length)
    expect(totals.get('records_rejected_total')).toBe(values.length - events.length)
    expect(events.length - distinct.length).toBeGreaterThan(300)
    expect(values.length - events.length).toBeGreaterThan(150)
    const own = parseExposition(await (await fetch(`${page.url}/metrics`)).text())
    expect(own.get('clickstream_producer_sent_records_total')).toBe(3_000)
    expect(await (await fetch(`${page.url}/-/healthy`)).text()).toBe('healthy\n')
    await stop()
  }
})

/** The event that a value holds; none if it is damaged. */
function eventIn(value: Buffer): { event_id: string; action: string }[] {
  try {
    return isUtf8(value) ? [JSON.parse(String(value))] : []
  } catch {
    return []
  }
}
