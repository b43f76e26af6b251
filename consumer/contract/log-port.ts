/**
 * The log the consumer reads: partitions of records, committed positions with metadata, snapshots, dead letters.
 * Implemented by Kafka and by the embedded log; the rest of the consumer knows neither.
 */

/** Bytes `start` (inclusive) to `end` (exclusive) of `bytes` are the value; an empty range is a record without one. */
export interface LogRecord {
  offset: number
  /** Epoch milliseconds: see {@link RecordBatch.appendTime} for whose word it is. */
  logTimeMs: number
  bytes: Uint8Array
  start: number
  end: number
}

/** What one read returned, in offset order. `records` may be empty while `nextOffset` still moves on. */
export interface RecordBatch {
  records: readonly LogRecord[]
  /** Where the next read starts. */
  nextOffset: number
  /** First offset still held, and one past the last. */
  startOffset: number
  endOffset: number
  /** True when log time is the log's own append time, false when it is the client's word. */
  appendTime: boolean
  /** As {@link LogBounds.identity}. */
  identity: string
}

/** How far a partition's log reaches: first offset still held, and one past the last. */
export interface LogBounds {
  startOffset: number
  endOffset: number
  /** Another one when the log was deleted and created anew: its offsets then mean other records. */
  identity: string
}

/** A committed position: the next offset to read, and up to 4,096 bytes of text kept atomically with it. */
export interface Position {
  offset: number
  metadata: string
}

/** The partitions owned from one join until `lost` aborts. Commits name it: a lost assignment may commit nothing. */
export interface Assignment {
  readonly partitions: readonly number[]
  readonly lost: AbortSignal
}

/** A rejected record's original bytes and why. Writing the same offset twice keeps one. */
export interface DeadLetter {
  partition: number
  offset: number
  reason: string
  value: Uint8Array
}

export interface PartitionedLog {
  readonly topic: string
  readonly group: string
  /** Partitions of the whole topic, once that is known. */
  readonly topicPartitions: number | undefined
  /** Why nothing can be read at the moment, in words; undefined when nothing is known to be wrong. */
  readonly waitingFor: string | undefined
  /**
   * Calls `onAssigned` for each assignment; the previous one is lost before the next is announced. Resolves as soon as
   * joining has begun; what fails for a while is tried again. `onRefused` hears what no trying again will mend.
   */
  join(onAssigned: (assignment: Assignment) => void, onRefused: (why: Error) => void): Promise<void>
  /** Committed positions of the assignment's partitions; a partition never committed is missing. */
  positions(assignment: Assignment): Promise<ReadonlyMap<number, Position>>
  /** All positions or none. @throws {CommitFailed} when refused or when the outcome is unknown. */
  commit(assignment: Assignment, positions: ReadonlyMap<number, Position>): Promise<void>
  bounds(partition: number): Promise<LogBounds>
  /** Where a partition begins that was never committed. */
  firstOffset(partition: number): Promise<number>
  /** Waits a moment for records when there are none; returns early and empty when `signal` aborts. */
  read(partition: number, fromOffset: number, signal: AbortSignal): Promise<RecordBatch>
  /** Stores a snapshot's chunks durably and returns a short pointer to put into the position's metadata. */
  writeSnapshot(partition: number, chunks: readonly Uint8Array[]): Promise<string>
  /** The chunks, or undefined when nothing is stored under the pointer. */
  readSnapshot(partition: number, pointer: string): Promise<readonly Uint8Array[] | undefined>
  /** Deletes every snapshot of the partition but the named one. */
  dropSnapshotsExcept(partition: number, pointer: string): Promise<void>
  writeDeadLetters(letters: readonly DeadLetter[]): Promise<void>
  /** Gives up the assignment and releases what is held. */
  leave(): Promise<void>
}

/** A commit that was refused (`outcome: 'refused'`) or may or may not have happened (`outcome: 'unknown'`). */
export class CommitFailed extends Error {
  readonly outcome: 'refused' | 'unknown'
  constructor(outcome: 'refused' | 'unknown', cause: unknown) {
    super(`commit ${outcome}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'CommitFailed'
    this.outcome = outcome
  }
}

/** One record to append: `key` chooses the partition, so that a user's records stay together and in order. */
export interface NewRecord {
  key: string
  value: Uint8Array
}
