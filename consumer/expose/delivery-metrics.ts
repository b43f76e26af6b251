import { HistogramCells } from '../core/cells.ts'
import { Counter, Gauge, Histogram, PREFIX, type Registry, registerFamily } from './registry.ts'
import { histogramSamples } from './state-families.ts'

/**
 * Why a partition's past could not be rebuilt, so that its counters began again at 0. Word for word the label value.
 */
export const LINEAGE_CAUSES = [
  'retention',
  'offset_beyond_end',
  'snapshot_missing',
  'snapshot_corrupt',
  'core_version',
  'position_unreadable',
  'log_recreated',
] as const

export type LineageCause = (typeof LINEAGE_CAUSES)[number]

/** What one followed partition tells of itself at scrape time. */
export interface PartitionStatus {
  readonly partition: number
  readonly lagRecords: number | undefined
  readonly caughtUp: boolean
  readonly snapshotTakenAtMs: number | undefined
  readonly snapshotBytes: number | undefined
}

/** What is asked for at scrape time. */
export interface DeliveryReadings {
  readonly statuses: () => readonly PartitionStatus[]
  /** Partitions of the whole topic, once that is known. */
  readonly topicPartitions: () => number | undefined
}

const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
const WORK_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60]

/** How the events get from the log to the scrape: this process's own numbers, which begin again with it. */
export class DeliveryMetrics {
  readonly #lagMs = new HistogramCells(
    {
      name: 'event_lag_seconds',
      help: 'Time from a record reaching the log to its processing. Replays after a restart are left out.',
    },
    LAG_BUCKETS,
    1000,
  )
  readonly #commits: Counter
  readonly #commitFailures: Counter
  readonly #lineageResets: Counter
  readonly #snapshotDuration: Histogram
  readonly #restoreDuration: Histogram
  readonly #sourceKeyMismatches: Counter
  readonly #rebalances: Counter
  readonly #labels: { group: string; topic: string }

  constructor(
    registry: Registry,
    labels: { group: string; topic: string },
    { statuses, topicPartitions }: DeliveryReadings,
    now: () => number,
  ) {
    this.#labels = labels
    const registers = [registry]
    const names = ['group', 'topic']
    registerFamily(
      registry,
      { name: PREFIX + this.#lagMs.name, help: this.#lagMs.help, type: 'histogram', labelNames: names },
      () => histogramSamples(this.#lagMs, labels),
    )
    this.#commits = new Counter({
      name: `${PREFIX}commits_total`,
      help: 'Commits of positions that succeeded.',
      labelNames: names,
      registers,
    })
    this.#commitFailures = new Counter({
      name: `${PREFIX}commit_failures_total`,
      help: 'Commits of positions that failed: the last committed values stay exposed for a while, newer ones are not.',
      labelNames: names,
      registers,
    })
    this.#lineageResets = new Counter({
      name: `${PREFIX}lineage_resets_total`,
      help: 'Partitions whose past could not be rebuilt and whose counters began again at 0, by cause.',
      labelNames: [...names, 'cause'],
      registers,
    })
    this.#snapshotDuration = new Histogram({
      name: `${PREFIX}snapshot_duration_seconds`,
      help: 'Time to encode and store a snapshot; records are processed meanwhile.',
      buckets: WORK_BUCKETS,
      labelNames: names,
      registers,
    })
    this.#restoreDuration = new Histogram({
      name: `${PREFIX}restore_duration_seconds`,
      help: 'Time to rebuild a partition from its snapshot and the log, during which it is not exposed.',
      buckets: WORK_BUCKETS,
      labelNames: names,
      registers,
    })
    this.#sourceKeyMismatches = new Counter({
      name: `${PREFIX}source_key_mismatch_total`,
      help: 'Sampled users seen in more than one partition: sessions and dedupe need records keyed by user.',
      labelNames: names,
      registers,
    })
    this.#rebalances = new Counter({
      name: `${PREFIX}rebalances_total`,
      help: 'Assignments of partitions after the first. A partition that stays goes on with its state; others are restored.',
      labelNames: names,
      registers,
    })
    this.#rebalances.inc(labels, 0)
    this.#commits.inc(labels, 0)
    this.#commitFailures.inc(labels, 0)
    this.#sourceKeyMismatches.inc(labels, 0)
    this.#snapshotDuration.zero(labels)
    this.#restoreDuration.zero(labels)
    for (const cause of LINEAGE_CAUSES) this.#lineageResets.inc({ ...labels, cause }, 0)

    const perPartition = (name: string, help: string, value: (status: PartitionStatus) => number | undefined) =>
      new Gauge({
        name: PREFIX + name,
        help,
        labelNames: [...names, 'partition'],
        registers,
        collect() {
          this.reset()
          for (const status of statuses()) {
            const reading = value(status)
            if (reading !== undefined) this.set({ ...labels, partition: String(status.partition) }, reading)
          }
        },
      })
    perPartition(
      'kafka_consumer_lag_records',
      'Records between the position and the end of the log. The embedded log has it under the same name.',
      ({ lagRecords }) => lagRecords,
    )
    perPartition(
      'caught_up',
      '1 once the position has reached the end of the log as it was at the start, 0 until then and while far behind. Alerts on behaviour require it.',
      ({ caughtUp }) => (caughtUp ? 1 : 0),
    )
    perPartition(
      'snapshot_age_seconds',
      'Time since the last snapshot: about what a crash has to replay.',
      ({ snapshotTakenAtMs }) => (snapshotTakenAtMs === undefined ? undefined : (now() - snapshotTakenAtMs) / 1000),
    )
    perPartition('snapshot_size_bytes', 'Size of the last snapshot.', ({ snapshotBytes }) => snapshotBytes)
    new Gauge({
      name: `${PREFIX}partitions_assigned`,
      help: 'Partitions this process owns.',
      labelNames: names,
      registers,
      collect() {
        this.set(labels, statuses().length)
      },
    })
    new Gauge({
      name: `${PREFIX}source_partitions`,
      help: 'Partitions of the whole topic. When it grows, users move to other partitions and their open sessions are cut.',
      labelNames: names,
      registers,
      collect() {
        const partitions = topicPartitions()
        if (partitions === undefined) this.reset()
        else this.set(labels, partitions)
      },
    })
  }

  /** `records` records reached their processing `lagMs` after the log. */
  lagged(lagMs: number, records: number): void {
    this.#lagMs.observe(Math.max(lagMs, 0), records)
  }

  committed(): void {
    this.#commits.inc(this.#labels)
  }

  commitFailed(): void {
    this.#commitFailures.inc(this.#labels)
  }

  lineageReset(cause: LineageCause): void {
    this.#lineageResets.inc({ ...this.#labels, cause })
  }

  snapshotTook(seconds: number): void {
    this.#snapshotDuration.observe(this.#labels, seconds)
  }

  restoreTook(seconds: number): void {
    this.#restoreDuration.observe(this.#labels, seconds)
  }

  rebalanced(): void {
    this.#rebalances.inc(this.#labels)
  }

  sourceKeyMismatch(): void {
    this.#sourceKeyMismatches.inc(this.#labels)
  }
}
