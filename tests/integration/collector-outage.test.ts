import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { spawnCollector } from '../e2e/running-collector.ts'
import { connectKafka, type KafkaClient, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import type { NativeBroker } from '../kafka/native-broker.ts'
import { until } from '../running-start.ts'
import { CollectorLoad, PageWatch, pageOf } from './collector-load.ts'
import { spawnConsumer } from './kafka-process.ts'

const OUTAGE_MS = 20_000
/** Accepted before the outage: by then its memory has its size. */
const WARM_UP_RECORDS = 150_000
const SOME_RECORDS = 30_000
/** So small that the clients together hold more than one address may. */
const TIGHT = ['--max-pending-bytes', '1MiB', '--max-body-size', '256KiB', '--append-timeout', '2s']
/** Room for all of them, whose records are more than may wait for a log in trouble. */
const ROOMY = ['--append-timeout', '2s']
/** What the outage may add to the most memory that the load took before. */
const GROWTH_BYTES = 100_000_000

/** How often the topic holds each event id. */
async function copiesById(kafka: KafkaClient, topic: string): Promise<Map<string, number>> {
  const copies = new Map<string, number>()
  for (const { value } of await kafka.readAll(topic)) {
    const { event_id: id } = JSON.parse(String(value)) as { event_id: string }
    copies.set(id, (copies.get(id) ?? 0) + 1)
  }
  return copies
}

const acceptedMore = (load: CollectorLoad, records: number): Promise<true> => {
  const enough = load.accepted.size + records
  return until(async () => (load.accepted.size >= enough ? true : undefined), `${records} more accepted records`)
}

interface Outage {
  readonly how: string
  readonly flags: readonly string[]
  /** What most requests are refused with meanwhile. */
  readonly refusal: 429 | 503
  readonly lose: (broker: NativeBroker) => unknown
  readonly comesBack: (broker: NativeBroker) => unknown
}

const hangs = { lose: (broker: NativeBroker) => broker.pause(), comesBack: (broker: NativeBroker) => broker.resume() }
const isKilled = { lose: (broker: NativeBroker) => broker.kill(), comesBack: (broker: NativeBroker) => broker.start() }
const OUTAGES: readonly Outage[] = [
  { how: 'hangs', flags: TIGHT, refusal: 429, ...hangs },
  { how: 'is killed', flags: ROOMY, refusal: 503, ...isKilled },
]

kafkaTest.for(OUTAGES)(
  'a collector that is sent too much while its broker $how for 20 seconds writes every record it accepts exactly once',
  async ({ how, flags, refusal, lose, comesBack }, { startOwn }) => {
    const broker = await startOwn()
    const kafka = await connectKafka(broker.bootstrap)
    onTestFinished(() => kafka.disconnect())
    const topic = await kafka.createTopic({ partitions: 4 })
    const collector = spawnCollector(['--brokers', broker.bootstrap, '--topic', topic, ...flags])
    const url = await collector.url
    const load = new CollectorLoad(() => url)
    const watch = new PageWatch(() => url)
    await acceptedMore(load, WARM_UP_RECORDS)
    const rssBefore = watch.largestRss
    const refusedBefore = load.answered(refusal)
    const timedOutBefore = load.answered(503)

    await lose(broker)
    await sleep(OUTAGE_MS)
    const during = await pageOf(url)
    expect(during.get('clickstream_collector_log_available')).toBe(0)
    await comesBack(broker)
    await acceptedMore(load, SOME_RECORDS)
    await load.end()
    await watch.stop()

    const idle = await until(async () => {
      const page = await pageOf(url)
      return page.get('clickstream_collector_pending_bytes') === 0 ? page : undefined
    }, 'nothing to be pending')
    expect(await collector.end('SIGTERM')).toBe(0)
    const copies = await copiesById(kafka, topic)
    const { accepted, givenUp, answers, duplicates } = load
    const stored = (ids: Iterable<string>): Map<number, number> => {
      const found = new Map<number, number>()
      for (const id of ids) found.set(copies.get(id) ?? 0, (found.get(copies.get(id) ?? 0) ?? 0) + 1)
      return found
    }
    console.log(`a broker that ${how}:`, {
      accepted: accepted.size,
      givenUp: givenUp.size,
      givenUpStored: stored(givenUp).get(1) ?? 0,
      topic: copies.size,
      answers: Object.fromEntries(answers),
      duplicates,
      rssMB: { before: Math.round(rssBefore / 1e6), most: Math.round(watch.largestRss / 1e6) },
    })

    expect(stored(accepted)).toEqual(new Map([[1, accepted.size]]))
    expect([...stored(givenUp).keys()].filter((times) => times > 1)).toEqual([])
    expect([...copies.keys()].filter((id) => !accepted.has(id) && !givenUp.has(id))).toEqual([])
    expect([...answers.keys()].filter((status) => ![200, 429, 503].includes(status))).toEqual([])
    expect(load.answered(refusal)).toBeGreaterThan(refusedBefore + 500)
    expect(load.answered(503)).toBeGreaterThan(timedOutBefore)
    expect(duplicates).toBeGreaterThan(0)
    const records = (outcome: string): number => idle.get(`clickstream_collector_records_total{outcome="${outcome}"}`)!
    expect(records('accepted') + records('duplicate')).toBe(accepted.size)
    expect(records('duplicate')).toBe(duplicates)
    expect(watch.largestRss).toBeLessThan(rssBefore + GROWTH_BYTES)
  },
)

kafkaTest(
  'of a collector that is killed and started again no accepted record is lost, and each counts once',
  async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 4 })
    const start = () => spawnCollector(['--brokers', broker.bootstrap, '--topic', topic, ...TIGHT])
    let collector = start()
    let url = await collector.url
    const load = new CollectorLoad(() => url)
    const kills = 3
    for (let kill = 0; kill < kills; kill += 1) {
      await acceptedMore(load, SOME_RECORDS / 3)
      await collector.end('SIGKILL')
      collector = start()
      url = await collector.url
    }
    await acceptedMore(load, SOME_RECORDS / 3)
    await load.end()
    expect(await collector.end('SIGTERM')).toBe(0)

    const copies = await copiesById(kafka, topic)
    const all = [...copies.values()].reduce((sum, times) => sum + times, 0)
    const { accepted, givenUp, answers } = load
    console.log(`${kills} kills:`, {
      accepted: accepted.size,
      givenUp: givenUp.size,
      topic: copies.size,
      secondCopies: all - copies.size,
      answers: Object.fromEntries(answers),
    })
    expect([...accepted].filter((id) => !copies.has(id))).toEqual([])
    expect([...copies.keys()].filter((id) => !accepted.has(id) && !givenUp.has(id))).toEqual([])
    expect(load.answered(0)).toBeGreaterThan(0)

    const consumer = spawnConsumer(['--brokers', broker.bootstrap, '--topic', topic, '--group', uniqueName('count')])
    const consumerUrl = await consumer.url
    const shown = await until(async () => {
      const page = await pageOf(consumerUrl)
      return sumOf(page, 'clickstream_records_consumed_total') === all ? page : undefined
    }, `${all} records to be counted`)
    expect(sumOf(shown, 'clickstream_events_total')).toBe(copies.size)
    expect(sumOf(shown, 'clickstream_events_dropped_total')).toBe(all - copies.size)
  },
)

const sumOf = (page: ReadonlyMap<string, number>, name: string): number =>
  [...page].reduce((sum, [series, value]) => (series.startsWith(`${name}{`) ? sum + value : sum), 0)
