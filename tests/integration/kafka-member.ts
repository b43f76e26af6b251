import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { Assignment, PartitionedLog } from '../../consumer/contract/log-port.ts'
import type { CoreOptions } from '../../consumer/core/options.ts'
import { type Exporter, startExporter } from '../../consumer/exporter.ts'
import { KafkaLog } from '../../consumer/log/kafka/kafka-log.ts'
import type { KafkaLogOptions } from '../../consumer/log/kafka/kafka-options.ts'
import type { ReferenceEvent, ReferenceOptions } from '../../producer/oracle/event.ts'
import { asUserEventsJson } from '../builders.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'
import { isStateCounter, parseExposition } from '../exposition.ts'
import { connectKafka, type KafkaClient, type TopicWords, uniqueName } from '../kafka/kafka-client.ts'
import { referenceEventOf, referenceSeries } from '../reference-series.ts'
import { until } from '../running-start.ts'
import type { LogLine } from './machine.ts'

/** How one member differs from the usual. */
export interface MemberWords {
  rules?: Partial<ReferenceOptions>
  core?: Partial<CoreOptions>
  kafka?: Partial<KafkaLogOptions>
  idleAfterMs?: number
  snapshotIntervalMs?: number
  staleAfterMs?: number
  /** Calls of the log that go wrong in this life; the rest are the real log's. */
  faults?: (log: KafkaLog) => Partial<PartitionedLog>
}

/** The exporter over a Kafka log in this process, from its start to its stop or crash. */
export interface KafkaMember {
  readonly url: string
  readonly exporter: Exporter
  /** What it logged. */
  readonly lines: readonly LogLine[]
  linesSaying(text: string): LogLine[]
  /** Those it owns as far as it knows, by the latest assignment. */
  partitions(): readonly number[]
  /** Status and text of /-/ready. */
  ready(): Promise<[status: number, text: string]>
  /** The page as a scraper gets it; no new capture as long as the clock stands still. */
  page(): Promise<Map<string, number>>
  /** The page a second later by the group's clock. */
  nextPage(): Promise<Map<string, number>>
  /** A page whose numbers were captured and committed after this was asked for. */
  committedPage(): Promise<Map<string, number>>
  /** Waits until every record that its partitions hold has been processed. */
  settled(): Promise<void>
  stop(): Promise<void>
  /** Nothing is saved or committed any more, as when the process is killed; only the group hears of it at once. */
  crash(): Promise<void>
}

export interface GroupWords extends TopicWords {
  group?: string
  topic?: string
  snapshotTopic?: string
}

/** Sessions end soon enough for a test, and late enough for any Kafka that may be given. */
const SESSION_TIMEOUT_MS = 6_000

/** A topic, a group that follows it, and a clock that only the test moves. Outlives its members. */
export class KafkaGroup {
  readonly bootstrap: string
  readonly topic: string
  readonly group: string
  readonly snapshotTopic: string
  readonly deadLetterTopic: string
  nowMs = Date.now()

  constructor({ bootstrap }: { readonly bootstrap: string }, words: GroupWords = {}) {
    this.bootstrap = bootstrap
    this.topic = words.topic ?? uniqueName('events')
    this.group = words.group ?? uniqueName('group')
    this.snapshotTopic = words.snapshotTopic ?? `${this.group}-snapshots`
    this.deadLetterTopic = `${this.topic}.deadletter`
  }

  /** Starts one more member. */
  async join(words: MemberWords = {}): Promise<KafkaMember> {
    const log = new KafkaLog({ ...this.#logOptions(), ...words.kafka })
    const lines: LogLine[] = []
    const faults = words.faults?.(log) ?? {}
    let assignment: Assignment | undefined
    const lastRead = new Map<number, number>()
    const exporter = await startExporter({
      log: overridden(log, {
        ...faults,
        join(onAssigned, onRefused) {
          return log.join((assigned) => {
            assignment = assigned
            lastRead.clear()
            onAssigned(assigned)
          }, onRefused)
        },
        read(partition, fromOffset, signal) {
          lastRead.set(partition, fromOffset)
          return (faults.read ?? log.read).call(log, partition, fromOffset, signal)
        },
      }),
      options: { ...coreOptions(aReferenceRun(words.rules)), ...words.core },
      idleAfterMs: words.idleAfterMs,
      snapshotIntervalMs: words.snapshotIntervalMs ?? Number.MAX_SAFE_INTEGER,
      classicMetrics: false,
      host: '127.0.0.1',
      port: 0,
      staleAfterMs: words.staleAfterMs ?? 30_000,
      now: () => this.nowMs,
      steadyNow: () => this.nowMs,
      logger: pino({ level: 'debug', base: null }, { write: (line) => void lines.push(JSON.parse(line)) }),
    })
    let ended: Promise<void> | undefined
    const member: KafkaMember = {
      url: exporter.url,
      exporter,
      lines,
      linesSaying: (text) => lines.filter(({ msg }) => msg.includes(text)),
      partitions: () => (assignment?.lost.aborted === false ? assignment.partitions : []),
      async ready() {
        const answer = await fetch(`${exporter.url}/-/ready`)
        return [answer.status, await answer.text()]
      },
      page: async () => parseExposition(await (await fetch(`${exporter.url}/metrics`)).text()),
      nextPage: () => {
        this.nowMs += 1_000
        return member.page()
      },
      committedPage: () =>
        until(async () => {
          const page = await member.nextPage()
          return page.get('clickstream_capture_age_seconds') === 0 ? page : undefined
        }, 'numbers to be committed'),
      settled: () =>
        this.withKafka(async (kafka) => {
          await until(async () => {
            const [status] = await member.ready()
            if (status !== 200) return undefined
            const ends = await endsOf(kafka, this.topic)
            return (
              member.partitions().every((partition) => lastRead.get(partition) === ends.get(partition)) || undefined
            )
          }, 'every record to be processed')
        }),
      stop() {
        ended ??= exporter.stop()
        return ended
      },
      async crash() {
        if (ended === undefined) await log.leave()
        await member.stop()
      },
    }
    // A stop that failed was the test's own: it has heard of it.
    onTestFinished(() => member.crash().catch(() => undefined))
    return member
  }

  /** Connects for this one piece of work: brokers may have come and gone since the last. */
  async withKafka<Result>(work: (kafka: KafkaClient) => Promise<Result>): Promise<Result> {
    const kafka = await connectKafka(this.bootstrap)
    try {
      return await work(kafka)
    } finally {
      await kafka.disconnect()
    }
  }

  /** Writes the events to the partitions of their users; where the client's word counts, logged at their log times. */
  append(events: readonly ReferenceEvent[]): Promise<void> {
    const records = events.map((event) => ({
      key: event.user,
      value: Buffer.from(asUserEventsJson(event)),
      timestampMs: event.logTimeMs,
    }))
    return this.withKafka((kafka) => kafka.write(this.topic, records))
  }

  /**
   * What the pages of all members together must show when nothing counts but what the topic holds; zeros left out.
   * @param from offset where counting began, in every partition
   */
  async expected(rules: Partial<ReferenceOptions> = {}, from = 0): Promise<Record<string, number>> {
    const records = await this.withKafka((kafka) => kafka.readAll(this.topic))
    const counted = Map.groupBy(
      records.filter(({ offset }) => offset >= from),
      ({ partition }) => partition,
    )
    const series = [...counted].map(([partition, own]) => {
      const events = own.map(({ value, timestampMs }) => parsedEvent(value, timestampMs))
      const readable = events.filter((event) => event !== undefined)
      const labels = { group: this.group, topic: this.topic, partition: String(partition) }
      const options = aReferenceRun({ appendTime: false, ...rules })
      return referenceSeries(readable, options, labels, events.length - readable.length)
    })
    return Object.assign({}, ...series)
  }

  /** The key of a series as it stands on a page, its own labels first; those of a partition unless it is undefined. */
  series(name: string, own: Record<string, string> = {}, partition: number | undefined = 0): string {
    const { group, topic } = this
    const labels = { ...own, group, topic, ...(partition !== undefined && { partition: String(partition) }) }
    return seriesKey(name, labels)
  }

  /** How often counters began again at 0 for that cause. */
  lineageResets(page: ReadonlyMap<string, number>, cause: string): number | undefined {
    return page.get(seriesKey('lineage_resets_total', { group: this.group, topic: this.topic, cause }))
  }

  #logOptions(): KafkaLogOptions {
    const { bootstrap, topic, group, snapshotTopic, deadLetterTopic } = this
    return {
      connection: { brokers: bootstrap.split(','), clientId: 'a member', tls: undefined, sasl: undefined },
      topic,
      group,
      snapshotTopic,
      deadLetterTopic,
      createTopics: { partitions: 1, replication: -1, retentionMs: 86_400_000 },
      startFrom: 'earliest',
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: SESSION_TIMEOUT_MS,
      fetchBytes: 1_048_576,
      fetchWaitMs: 50,
      compression: 'zstd',
    }
  }
}

/** A group on a new topic that takes the client's word for log times, so that the same events always count the same. */
export async function aKafkaGroup(broker: { readonly bootstrap: string }, words: GroupWords = {}): Promise<KafkaGroup> {
  const kafka = await connectKafka(broker.bootstrap)
  try {
    return new KafkaGroup(broker, { ...words, topic: words.topic ?? (await kafka.createTopic(words)) })
  } finally {
    await kafka.disconnect()
  }
}

/** Creates a topic under a name that another one may have had, and waits until it can be used. */
export async function createNamed({ admin }: KafkaClient, topic: string, partitions = 1): Promise<void> {
  const configEntries = [{ name: 'retention.ms', value: '-1' }]
  const topics = [{ topic, numPartitions: partitions, configEntries }]
  await admin.createTopics({ topics, waitForLeaders: false })
  await until(async () => {
    const described = (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!
    return described.partitions.filter(({ leader }) => leader >= 0).length === partitions ? true : undefined
  }, `topic ${topic}`)
}

/** The state counters of all partitions on the pages, zeros left out. */
export function countersOn(...pages: readonly ReadonlyMap<string, number>[]): Record<string, number> {
  const counters = pages.flatMap((page) => [...page]).filter(([key, value]) => value !== 0 && isStateCounter(key))
  return Object.fromEntries(counters)
}

/** One past the last offset, by partition. */
async function endsOf(kafka: KafkaClient, topic: string): Promise<Map<number, number>> {
  const bounds = await kafka.admin.fetchTopicOffsets(topic)
  return new Map(bounds.map(({ partition, high }) => [partition, Number(high)]))
}

const seriesKey = (name: string, labels: Readonly<Record<string, string>>): string =>
  `clickstream_${name}{${Object.entries(labels)
    .map(([label, text]) => `${label}="${text}"`)
    .join(',')}}`

/** Undefined when the record is no JSON. */
function parsedEvent(value: Buffer | null, timestampMs: number): ReferenceEvent | undefined {
  try {
    return referenceEventOf(JSON.parse(String(value)), timestampMs)
  } catch {
    return undefined
  }
}

function overridden(log: KafkaLog, calls: Partial<PartitionedLog>): PartitionedLog {
  return new Proxy<PartitionedLog>(log, {
    get(target, name) {
      const value = Reflect.get(calls, name) ?? Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
