import { join } from 'node:path'
// Else every connection of the client arms timers with negative delays.
import '../../consumer/log/kafka/kafkajs-internals.ts'
import { connectKafka, type KafkaClient, uniqueName } from '../kafka/kafka-client.ts'
import type { NativeBroker } from '../kafka/native-broker.ts'
import { referenceEventOf } from '../reference-series.ts'
import { until } from '../running-start.ts'
import { CONSUMER_FLAGS, PARTITIONS, RULES } from './conditions.ts'
import { Fleet } from './fleet.ts'
import type { LogEntry } from './fold.ts'
import { Load } from './load.ts'
import { type Schedule, seconds } from './schedule.ts'
import { Scraper } from './scraper.ts'
import { Traffic } from './traffic.ts'
import type { Evidence } from './verdict.ts'

export interface RunWords {
  readonly broker: NativeBroker
  readonly seed: number
  readonly schedule: Schedule
  /** Takes the consumers' log files. */
  readonly folder: string
  readonly say: (line: string) => void
}

const PROGRESS_MS = 10_000

/** Carries the schedule out under load, lets what is left read everything, and collects what there is to judge. */
export async function run(words: RunWords): Promise<Evidence> {
  const kafka = await connectKafka(words.broker.bootstrap)
  try {
    const topic = await kafka.createTopic({
      partitions: PARTITIONS,
      configs: { 'message.timestamp.type': 'LogAppendTime' },
    })
    const { scraper, faults } = await torment(kafka, topic, words)
    const lost = [...scraper.resets].map((process) => `${process} lost the past of a partition`)
    const logs = await readLogs(kafka, topic)
    const letters = await readLetters(kafka, topic)
    return { pages: scraper.pages, logs, letters, faults: [...faults, ...lost] }
  } finally {
    await kafka.disconnect()
  }
}

async function torment(
  kafka: KafkaClient,
  topic: string,
  { broker, seed, schedule, folder, say }: RunWords,
): Promise<{ scraper: Scraper; faults: string[] }> {
  const group = uniqueName('group')
  const startedMs = performance.now()
  const nowMs = (): number => performance.now() - startedMs
  const scraper = new Scraper(nowMs)
  const fleet = new Fleet({
    broker,
    flagsOf: (name) => [
      ...CONSUMER_FLAGS,
      `--brokers=${broker.bootstrap}`,
      `--topic=${topic}`,
      `--group=${group}`,
      `--log-file=${join(folder, `${name}.log`)}`,
    ],
    onStarted: (process) => void scraper.watch(process),
    nowMs,
  })
  const load = new Load(kafka, topic, new Traffic(seed, RULES))
  const progress = setInterval(() => {
    const done = `${fleet.done} of ${schedule.actions.length} actions`
    say(
      `${seconds(nowMs())}: ${done}, ${fleet.running} consumers, ${load.records} records, ${scraper.pages.length} scrapes`,
    )
  }, PROGRESS_MS)
  await fleet.carryOut(schedule)
  await load.stop()
  const unread = await readToEnd(kafka, topic, scraper)
  const faults = await fleet.end()
  await scraper.settled()
  clearInterval(progress)
  return { scraper, faults: [...unread, ...faults] }
}

/** Waits until every partition was shown at its end; gives what kept it from that. */
async function readToEnd(kafka: KafkaClient, topic: string, scraper: Scraper): Promise<string[]> {
  const ends = await kafka.admin.fetchTopicOffsets(topic)
  const isRead = ends.map(({ partition, high }) =>
    until(
      async () => scraper.reached(partition, Number(high)) || undefined,
      `partition ${partition} to be shown at ${high}`,
    ),
  )
  const results = await Promise.allSettled(isRead)
  return results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))
}

async function readLogs(kafka: KafkaClient, topic: string): Promise<LogEntry[][]> {
  const records = await kafka.readAll(topic)
  return Array.from({ length: PARTITIONS }, (_, partition) =>
    records
      .filter((record) => record.partition === partition)
      .map(({ offset, value, timestampMs }) => ({ offset, event: parsed(String(value), timestampMs) })),
  )
}

function parsed(json: string, logTimeMs: number): LogEntry['event'] {
  try {
    return referenceEventOf(JSON.parse(json), logTimeMs)
  } catch {
    return undefined
  }
}

async function readLetters(kafka: KafkaClient, topic: string): Promise<Map<string, string>> {
  const letters = await kafka.readAll(`${topic}.deadletter`)
  return new Map(letters.map(({ headers }) => [`${headers.partition}/${headers.offset}`, String(headers.reason)]))
}
