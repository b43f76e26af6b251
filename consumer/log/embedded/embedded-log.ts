import type { StatementSync } from 'node:sqlite'
import { setImmediate as otherWork } from 'node:timers/promises'
import {
  type Assignment,
  CommitFailed,
  type DeadLetter,
  type LogBounds,
  type NewRecord,
  type PartitionedLog,
  type Position,
  type RecordBatch,
} from '../../contract/log-port.ts'
import type { LogView } from '../../contract/log-view.ts'
import { Arrivals } from './arrivals.ts'
import { Batches, type Extent } from './batches.ts'
import { DeadLetters, type KeptDeadLetter } from './dead-letters.ts'
import { LogFile } from './log-file.ts'
import { Positions, positionFault } from './positions.ts'
import { Retention } from './retention.ts'
import { Snapshots } from './snapshots.ts'

/** Positions lie in the same file as the records: another log has other positions. */
const IDENTITY = 'embedded'

export interface EmbeddedLogOptions {
  /** Holds the one file `log.sqlite`; created when it does not exist. */
  folder: string
  topic: string
  group: string
  /** Fixed when the file is made. */
  partitions: number
  /** Above this many bytes of records the oldest are deleted. */
  retentionBytes: number
  /** A read stops after the row that passes this many bytes. */
  readBatchBytes?: number
  /** Epoch milliseconds: becomes the log time of what is appended. */
  now: () => number
}

/**
 * Opens the log in `folder`, alone until {@link EmbeddedLog.leave}.
 * @throws {LogInUse} when another process has it open.
 * @throws when the file is not a log, has another number of partitions, or cannot be read or written.
 */
export function openEmbeddedLog(options: EmbeddedLogOptions): EmbeddedLog {
  const file = new LogFile(options.folder, options.partitions)
  try {
    return file.attempt('open', () => new EmbeddedLog(file, options))
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * The log in one SQLite file of this process: the guarantees of the Kafka log without Kafka. What a returned promise
 * confirmed survives kill -9 and power loss. Every rejection names the file and, where there is one, the fix.
 */
export class EmbeddedLog implements PartitionedLog, LogView {
  readonly topic: string
  readonly group: string
  readonly topicPartitions: number
  /** The file was opened: it is there. */
  readonly waitingFor = undefined
  readonly #file: LogFile
  readonly #now: () => number
  readonly #readBatchBytes: number
  readonly #batches: Batches
  readonly #retention: Retention
  readonly #positions: Positions
  readonly #snapshots: Snapshots
  readonly #deadLetters: DeadLetters
  readonly #saveProducerState: StatementSync
  readonly #arrivals = new Arrivals()
  /** What is stored, replaced only after the transaction that changed it. */
  #extents: readonly Extent[]
  #producerState: string | undefined
  /** Aborting it loses the current assignment. */
  #losing: AbortController | undefined

  constructor(file: LogFile, { topic, group, retentionBytes, readBatchBytes = 1_048_576, now }: EmbeddedLogOptions) {
    const { database } = file
    this.topic = topic
    this.group = group
    this.#file = file
    this.#now = now
    this.#readBatchBytes = readBatchBytes
    this.#batches = new Batches(database)
    this.#retention = new Retention(database, retentionBytes)
    this.#positions = new Positions(database, group)
    this.#snapshots = new Snapshots(database, group)
    this.#deadLetters = new DeadLetters(database, group)
    this.#saveProducerState = database.prepare('UPDATE log SET producer_state = ?')
    this.#extents = this.#batches.extents()
    this.topicPartitions = this.#extents.length
    const { state } = database.prepare('SELECT producer_state AS state FROM log').get() as { state: string | null }
    this.#producerState = state ?? undefined
  }

  /**
   * Appends all records or none, each to the partition of its key. `producerState` is stored with them: a
   * producer that starts again from {@link producerState} neither repeats nor skips a record.
   */
  async append(records: readonly NewRecord[], producerState?: string): Promise<void> {
    const before = this.#extents
    this.#extents = this.#file.transaction('append', () => {
      const after = this.#retention.enforce(this.#batches.append(before, records, this.#now()))
      this.#batches.saveExtents(before, after)
      if (producerState !== undefined) this.#saveProducerState.run(producerState)
      return after
    })
    this.#producerState = producerState ?? this.#producerState
    for (const [partition, { endOffset }] of this.#extents.entries()) {
      if (endOffset > before[partition]!.endOffset) this.#arrivals.announce(partition)
    }
    await otherWork()
  }

  /** What the last append that gave one stored as the producer's state. */
  producerState(): string | undefined {
    return this.#file.attempt('read producer state', () => this.#producerState)
  }

  /** One assignment of all partitions, lost on the next join and on leaving. */
  async join(onAssigned: (assignment: Assignment) => void): Promise<void> {
    const partitions = this.#file.attempt('join', () => [...this.#extents.keys()])
    this.#losing?.abort()
    this.#losing = new AbortController()
    onAssigned({ partitions, lost: this.#losing.signal })
  }

  async positions(assignment: Assignment): Promise<ReadonlyMap<number, Position>> {
    return this.#file.attempt('read positions', () => this.#positions.ofPartitions(assignment.partitions))
  }

  /** @throws {CommitFailed} `refused` when nothing was stored, `unknown` when a crash now would decide it. */
  async commit(assignment: Assignment, positions: ReadonlyMap<number, Position>): Promise<void> {
    if (assignment.lost.aborted) throw new CommitFailed('refused', new Error('the assignment is lost; join again'))
    for (const [partition, position] of positions) {
      if (!assignment.partitions.includes(partition)) {
        throw new CommitFailed('refused', new Error(`partition ${partition} is not in the assignment`))
      }
      const fault = positionFault(partition, position)
      if (fault !== undefined) throw new CommitFailed('refused', new Error(fault))
    }
    let complete = false
    try {
      this.#file.transaction('commit', () => {
        this.#positions.save(positions)
        complete = true
      })
    } catch (error) {
      // Complete but not confirmed: the journal may already hold it, and the next start would find it.
      throw new CommitFailed(complete ? 'unknown' : 'refused', error)
    }
  }

  /** Records deleted so far, over all partitions, because the log grew beyond its retention. */
  get deletedRecords(): number {
    return this.#extents.reduce((records, { startOffset }) => records + startOffset, 0)
  }

  async partitions(): Promise<number> {
    return this.topicPartitions
  }

  async bounds(partition: number): Promise<LogBounds> {
    const { startOffset, endOffset } = this.#file.attempt('read bounds', () => this.#extentOf(partition))
    return { startOffset, endOffset, identity: IDENTITY }
  }

  async firstOffset(partition: number): Promise<number> {
    return (await this.bounds(partition)).startOffset
  }

  /**
   * From the first record held when `fromOffset` is older. At the end of the log it waits up to 250 ms for the next
   * record; otherwise other work of the process gets its turn first, so that a long catch-up does not stop scrapes.
   */
  async read(partition: number, fromOffset: number, signal: AbortSignal): Promise<RecordBatch> {
    const { endOffset } = this.#file.attempt('read', () => this.#extentOf(partition))
    if (fromOffset < endOffset) await otherWork()
    else if (!signal.aborted) await this.#arrivals.next(partition, signal)
    const extent = this.#extentOf(partition)
    const records =
      signal.aborted || this.#file.closed
        ? []
        : this.#file.attempt('read', () => this.#batches.read(partition, extent, fromOffset, this.#readBatchBytes))
    const last = records.at(-1)
    return {
      records,
      nextOffset: last === undefined ? fromOffset : last.offset + 1,
      startOffset: extent.startOffset,
      endOffset: extent.endOffset,
      appendTime: true,
      identity: IDENTITY,
    }
  }

  async writeSnapshot(partition: number, chunks: readonly Uint8Array[]): Promise<string> {
    return this.#file.transaction('write snapshot', () => this.#snapshots.write(partition, chunks))
  }

  async readSnapshot(partition: number, pointer: string): Promise<readonly Uint8Array[] | undefined> {
    return this.#file.attempt('read snapshot', () => this.#snapshots.read(partition, pointer))
  }

  async dropSnapshotsExcept(partition: number, pointer: string): Promise<void> {
    this.#file.transaction('drop snapshots', () => this.#snapshots.dropExcept(partition, pointer))
  }

  /** Keeps the newest 10,000 of each partition. */
  async writeDeadLetters(letters: readonly DeadLetter[]): Promise<void> {
    this.#file.transaction('write dead letters', () => this.#deadLetters.write(letters, this.#now()))
  }

  /** The group's dead letters, at most `limit`, the newest record first. */
  async deadLetters(limit: number): Promise<readonly KeptDeadLetter[]> {
    return this.#file.attempt('read dead letters', () => this.#deadLetters.newest(limit))
  }

  /** Loses the assignment, ends waiting reads, frees the file. Leaving again does nothing. */
  async leave(): Promise<void> {
    this.#losing?.abort()
    this.#arrivals.end()
    this.#file.close()
  }

  #extentOf(partition: number): Extent {
    const extent = this.#extents[partition]
    if (extent === undefined) throw new RangeError(`there is no partition ${partition} of ${this.#extents.length}`)
    return extent
  }
}
