import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { PartitionedLog } from '../../consumer/contract/log-port.ts'
import { partitionOf } from '../../consumer/contract/partitioner.ts'
import type { CoreOptions } from '../../consumer/core/options.ts'
import { type Exporter, startExporter } from '../../consumer/exporter.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { steadyClock } from '../../consumer/steady-clock.ts'
import type { ReferenceEvent, ReferenceOptions } from '../../producer/oracle/event.ts'
import { asUserEventsJson } from '../builders.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'
import { isStateCounter, parseExposition, parseSeries } from '../exposition.ts'
import { referenceSeries } from '../reference-series.ts'
import { until } from '../running-start.ts'

const TOPIC = 'user-events'
const GROUP = 'clickstream-exporter'

/** How one life of the exporter differs from the usual. */
export interface BootWords {
  rules?: Partial<ReferenceOptions>
  core?: Partial<CoreOptions>
  idleAfterMs?: number
  snapshotIntervalMs?: number
  staleAfterMs?: number
  retentionBytes?: number
  classicMetrics?: boolean
  /** Calls of the log that go wrong in this life; the rest are the real log's. */
  faults?: (log: EmbeddedLog) => Partial<PartitionedLog>
}

export interface LogLine {
  level: number
  msg: string
  [field: string]: unknown
}

/** The exporter over the embedded log in this process, from its start to its stop or crash. */
export interface Life {
  readonly url: string
  readonly log: EmbeddedLog
  readonly exporter: Exporter
  /** Reads so far that came back empty. */
  emptyReads(): number
  /** The page as a scraper gets it; no new capture as long as the clock stands still. */
  page(headers?: Record<string, string>): Promise<Map<string, number>>
  /** The page a second later by the machine's clock, hence with a capture of its own. */
  nextPage(): Promise<Map<string, number>>
  /** Waits until every record that is in the log has been processed. */
  settled(): Promise<void>
  stop(): Promise<void>
  /** Nothing is saved or committed any more, as when the process is killed. */
  crash(): Promise<void>
}

/** A folder, a clock that only the test moves, and what was logged. Outlives the exporters that run on it. */
export class Machine {
  readonly folder: string
  readonly partitions: number
  nowMs = Date.UTC(2026, 0, 1, 9)
  /** The monotonic clock: it matters once the other is set back. */
  uptimeMs = 0
  /** What the log holds, by partition, as the reference takes it. */
  readonly logged: ReferenceEvent[][]
  readonly lines: LogLine[] = []
  readonly #lives: Life[] = []

  constructor({ partitions = 1, folder = mkdtempSync(join(tmpdir(), 'clickstream-machine-')) } = {}) {
    this.folder = folder
    this.partitions = partitions
    this.logged = Array.from({ length: partitions }, () => [])
    onTestFinished(async () => {
      for (const life of this.#lives) await life.crash()
      rmSync(folder, { recursive: true, force: true })
    })
  }

  openLog(retentionBytes = 2 ** 40): EmbeddedLog {
    const { folder, partitions } = this
    const now = () => this.nowMs
    return openEmbeddedLog({
      folder,
      topic: TOPIC,
      group: GROUP,
      partitions,
      retentionBytes,
      readBatchBytes: 65_536,
      now,
    })
  }

  async boot(words: BootWords = {}): Promise<Life> {
    const log = this.openLog(words.retentionBytes)
    let emptyReads = 0
    const lastRead = new Map<number, number>()
    const faults = words.faults?.(log) ?? {}
    const read: PartitionedLog['read'] = async (partition, fromOffset, signal) => {
      lastRead.set(partition, fromOffset)
      const batch = await (faults.read ?? log.read.bind(log))(partition, fromOffset, signal)
      if (batch.records.length === 0) emptyReads++
      return batch
    }
    const exporter = await startExporter({
      log: overridden(log, { ...faults, read }),
      options: { ...coreOptions(aReferenceRun(words.rules)), ...words.core },
      idleAfterMs: words.idleAfterMs,
      snapshotIntervalMs: words.snapshotIntervalMs ?? Number.MAX_SAFE_INTEGER,
      classicMetrics: words.classicMetrics ?? false,
      host: '127.0.0.1',
      port: 0,
      staleAfterMs: words.staleAfterMs ?? 30_000,
      now: () => this.nowMs,
      steadyNow: steadyClock(
        () => this.nowMs,
        () => this.uptimeMs,
      ),
      logger: pino({ level: 'debug', base: null }, { write: (line) => void this.lines.push(JSON.parse(line)) }),
    })
    const page: Life['page'] = async (headers = {}) =>
      parseExposition(await (await fetch(`${exporter.url}/metrics`, { headers })).text())
    let ended = false
    const end = async (): Promise<void> => {
      if (!ended) await exporter.stop()
      ended = true
    }
    const life: Life = {
      url: exporter.url,
      log,
      exporter,
      emptyReads: () => emptyReads,
      page,
      nextPage: () => {
        this.nowMs += 1_000
        return page()
      },
      settled: () =>
        until(async () => {
          const ready = await fetch(`${exporter.url}/-/ready`)
          if (!ready.ok) return undefined
          for (let partition = 0; partition < this.partitions; partition++) {
            const { endOffset } = await log.bounds(partition)
            if (lastRead.get(partition) !== endOffset) return undefined
          }
          return true
        }, 'every record to be processed').then(() => undefined),
      stop: end,
      async crash() {
        await log.leave()
        await end()
      },
    }
    this.#lives.push(life)
    return life
  }

  /** Appends the events in one batch, logged now, to the partitions of their users. */
  async append(log: EmbeddedLog, events: readonly ReferenceEvent[]): Promise<void> {
    const logTimeMs = this.nowMs
    await log.append(events.map((event) => ({ key: event.user, value: asUserEventsJson(event) })))
    for (const event of events) {
      this.logged[partitionOf(Buffer.from(event.user), this.partitions)]!.push({ ...event, logTimeMs })
    }
  }

  /** What the page must show of a partition when nothing but its log counts; zeros left out. */
  expected(rules: Partial<ReferenceOptions> = {}, partition = 0): Record<string, number> {
    return referenceSeries(this.logged[partition]!, aReferenceRun(rules), partitionLabels(partition))
  }

  /** Works on the file while no log has it open. */
  edit<Result>(work: (database: DatabaseSync) => Result): Result {
    const database = new DatabaseSync(join(this.folder, 'log.sqlite'))
    try {
      return work(database)
    } finally {
      database.close()
    }
  }

  /** The committed position of partition 0 with its note, read while no log has the file open. */
  position(): { offset: number; note: { snapshot: string; at: number; journal: [number, number][] } } {
    const row = this.edit((database) =>
      database.prepare('SELECT offset, metadata FROM positions WHERE partition = 0').get(),
    ) as { offset: number; metadata: string }
    return { offset: row.offset, note: JSON.parse(row.metadata) }
  }

  linesSaying(text: string): LogLine[] {
    return this.lines.filter(({ msg }) => msg.includes(text))
  }
}

const partitionLabels = (partition: number) => ({ group: GROUP, topic: TOPIC, partition: String(partition) })

/** The key of a state-derived series of partition 0, its own labels first. */
export function series(name: string, own: Record<string, string> = {}, partition = 0): string {
  const labels = Object.entries({ ...own, ...partitionLabels(partition) }).map(([label, text]) => `${label}="${text}"`)
  return `clickstream_${name}{${labels.join(',')}}`
}

/** The state counters of a partition on the page, zeros left out. */
export function shownCounters(page: ReadonlyMap<string, number>, partition = 0): Record<string, number> {
  const own = [...page].filter(
    ([key, value]) => value !== 0 && isStateCounter(key) && parseSeries(key).labels.partition === String(partition),
  )
  return Object.fromEntries(own)
}

/** Sum over all series of a name. */
export function sumOf(page: ReadonlyMap<string, number>, name: string): number {
  let sum = 0
  for (const [key, value] of page) if (parseSeries(key).name === `clickstream_${name}`) sum += value
  return sum
}

function overridden(log: EmbeddedLog, calls: Partial<PartitionedLog>): PartitionedLog {
  return new Proxy<PartitionedLog>(log, {
    get(target, name) {
      const value = Reflect.get(calls, name) ?? Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
