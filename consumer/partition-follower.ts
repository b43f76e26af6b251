import { setImmediate as otherWork } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { CoreOptions } from './core/options.ts'
import { ACCEPTED, isRejected, OUTCOMES } from './core/outcome.ts'
import type { Pipeline } from './core/pipeline.ts'
import { captureState, encodeState } from './core/snapshot-codec.ts'
import type { DecodedEvent } from './core/validate.ts'
import type { DeliveryMetrics, PartitionStatus } from './expose/delivery-metrics.ts'
import { captureSamples, type PartitionCapture } from './expose/state-families.ts'
import { IdleAdvance } from './idle-advance.ts'
import type { KeySample } from './key-sample.ts'
import type { Assignment, DeadLetter, LogRecord, PartitionedLog, Position, RecordBatch } from './log/port.ts'
import { type JournalEntry, journaled, NOTE_FULL_BYTES, noteToText } from './position-note.ts'
import { inSlices, restore } from './restore.ts'
import { Turns } from './turns.ts'

/** What a log is followed with, whatever partition is followed. */
export interface FollowingOptions {
  readonly log: PartitionedLog
  readonly options: CoreOptions
  /** Quiet time before idle advance, milliseconds; undefined turns it off. */
  readonly idleAfterMs: number | undefined
  readonly snapshotIntervalMs: number
  readonly now: () => number
  readonly logger: Logger
}

export interface FollowerContext extends FollowingOptions {
  readonly metrics: DeliveryMetrics
  /** Commits to the log and counts how that went. */
  readonly commit: PartitionedLog['commit']
  readonly keySample: KeySample
  /** Whoever captures or commits takes a turn: no position overtakes another, no journal entry is lost. */
  readonly turns: Turns
}

/** Records processed before others get a turn: about 5 ms. */
const SLICE_RECORDS = 5_000
/** Behind by more than this, a partition is no longer caught up. */
const CAUGHT_UP_LAG_RECORDS = 10_000
const MOST_PENDING_LETTERS = 1_000
const RETRY_MS = 1_000

/** Follows one owned partition: restore, read, process, snapshot, advance when idle. Ends when its assignment is lost. */
export class PartitionFollower {
  readonly partition: number
  readonly #context: FollowerContext
  readonly #assignment: Assignment
  readonly #logger: Logger
  readonly #labels: Readonly<Record<string, string>>
  readonly #idle: IdleAdvance | undefined
  #pipeline: Pipeline | undefined
  #offset = 0
  #journal: readonly JournalEntry[] = []
  #snapshot: { pointer: string; offset: number; takenAtMs: number; bytes?: number } | undefined
  #snapshotting: Promise<void> | undefined
  #snapshotTriedMs = 0
  /** The state differs from the snapshot's. */
  #changed = false
  #running: Promise<void> | undefined
  #letters: DeadLetter[] = []
  readonly #letterTurns = new Turns()
  #endAtStart: number | undefined
  #endOffset: number | undefined
  #caughtUp = false
  #stopping = false

  constructor(context: FollowerContext, assignment: Assignment, partition: number) {
    const { group, topic } = context.log
    this.partition = partition
    this.#context = context
    this.#assignment = assignment
    this.#logger = context.logger.child({ partition })
    this.#labels = { group, topic, partition: String(partition) }
    this.#idle = context.idleAfterMs === undefined ? undefined : new IdleAdvance(context.idleAfterMs)
  }

  /** True once there is something to expose. */
  get restored(): boolean {
    return this.#snapshot !== undefined
  }

  get status(): PartitionStatus {
    return {
      partition: this.partition,
      lagRecords: this.#endOffset === undefined ? undefined : Math.max(0, this.#endOffset - this.#offset),
      caughtUp: this.#caughtUp,
      snapshotTakenAtMs: this.#snapshot?.takenAtMs,
      snapshotBytes: this.#snapshot?.bytes,
    }
  }

  /** Copies the numbers and the position they belong to. Only in a turn. */
  capture(): PartitionCapture | undefined {
    if (!this.restored || this.#pipeline === undefined) return undefined
    const samples = captureSamples(this.#pipeline.state, this.#offset, this.#labels)
    return { partition: this.partition, offset: this.#offset, samples }
  }

  /** Where the partition stands, to be committed. Only in a turn, and only what was captured in the same turn. */
  position(): Position | undefined {
    return this.restored ? this.#positionWith(this.#journal) : undefined
  }

  /** Stores the dead letters of all records so far, those under way included; a commit beyond them must wait for it. */
  flushLetters(): Promise<void> {
    return this.#letterTurns.take(async () => {
      const letters = this.#letters
      if (letters.length === 0) return
      this.#letters = []
      try {
        await this.#context.log.writeDeadLetters(letters)
      } catch (error) {
        this.#letters = [...letters, ...this.#letters]
        throw error
      }
    })
  }

  /** Restores and follows until stopped or lost; what fails is logged and tried again. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Stops reading and saves the state at the position reached, for the next start to go on from at once. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
    await this.#snapshotting
    if (this.restored && this.#changed && !this.#assignment.lost.aborted) await this.#takeSnapshot()
  }

  async #run(): Promise<void> {
    const { lost } = this.#assignment
    while (!lost.aborted && !this.#stopping) {
      try {
        if (!this.restored) await this.#restore()
        await this.#follow()
      } catch (error) {
        if (lost.aborted) return
        this.#idle?.interrupted()
        this.#logger.error({ err: error, offset: this.#offset }, 'following the partition failed; trying again')
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  async #restore(): Promise<void> {
    const { log, options, metrics, now } = this.#context
    const startedMs = now()
    const positions = await log.positions(this.#assignment)
    const restored = await restore(log, this.partition, positions.get(this.partition), options, this.#assignment.lost)
    this.#pipeline = restored.pipeline
    this.#offset = restored.offset
    this.#journal = restored.note?.journal ?? []
    this.#endAtStart = (await log.bounds(this.partition)).endOffset
    if (restored.unsaved || restored.note === undefined) await this.#takeSnapshot()
    else {
      const { snapshot, snapshotOffset } = restored.note
      this.#snapshot = { pointer: snapshot, offset: snapshotOffset, takenAtMs: startedMs }
    }
    // Only now is it so: had the new beginning not been saved, the next try would find the same past once more.
    if (restored.reset !== undefined) {
      metrics.lineageReset(restored.reset)
      this.#logger.warn(
        { cause: restored.reset, offset: restored.offset },
        'the past cannot be rebuilt: counters of this partition begin again at 0',
      )
    }
    this.#snapshotTriedMs = now()
    this.#changed = restored.replayedRecords > 0 || this.#journal.length > 0
    metrics.restoreTook((now() - startedMs) / 1000)
    this.#logger.info({ offset: this.#offset, replayed: restored.replayedRecords }, 'partition restored')
  }

  async #follow(): Promise<void> {
    const { log } = this.#context
    const { lost } = this.#assignment
    while (!this.#stopping) {
      const batch = await log.read(this.partition, this.#offset, lost)
      if (lost.aborted || this.#stopping) return
      if (batch.startOffset > this.#offset) {
        await this.#startAnew(batch.startOffset)
        return
      }
      this.#endOffset = batch.endOffset
      await this.#process(batch)
      this.#judgeCaughtUp(batch.endOffset)
      if (batch.records.length > 0) this.#idle?.interrupted()
      else if (this.#offset >= batch.endOffset) await this.#advanceWhenIdle()
      if (this.#letters.length >= MOST_PENDING_LETTERS) await this.flushLetters()
      this.#snapshotWhenDue()
    }
  }

  async #process({ records, nextOffset, appendTime }: RecordBatch): Promise<void> {
    const { now } = this.#context
    const pipeline = this.#pipeline!
    let sliceEnd = SLICE_RECORDS
    if (records.length > 0) this.#changed = true
    for (let at = 0; at < records.length; ) {
      const count = pipeline.processGroup(records, at, appendTime)
      for (let member = 0; member < count; member++) {
        const outcome = pipeline.outcomes[member]!
        if (outcome === ACCEPTED) this.#sampleKey(pipeline.events[member]!)
        else if (isRejected(outcome)) this.#reject(records[at + member]!, OUTCOMES[outcome]!)
      }
      this.#measureLag(records, at, count, now())
      at += count
      this.#offset = records[at - 1]!.offset + 1
      if (at >= sliceEnd) {
        sliceEnd = at + SLICE_RECORDS
        await otherWork()
        if (this.#assignment.lost.aborted || this.#stopping) return
      }
    }
    this.#offset = nextOffset
  }

  /** Records appended together share their log time and are observed together. */
  #measureLag(records: readonly LogRecord[], from: number, count: number, nowMs: number): void {
    let first = from
    for (let at = from + 1; at <= from + count; at++) {
      if (at < from + count && records[at]!.logTimeMs === records[first]!.logTimeMs) continue
      this.#context.metrics.lagged(nowMs - records[first]!.logTimeMs, at - first)
      first = at
    }
  }

  #sampleKey({ user }: DecodedEvent): void {
    const { keySample, metrics } = this.#context
    if (!keySample.isSplit(user, this.partition)) return
    metrics.sourceKeyMismatch()
    if (keySample.splitUsers > 1) return
    this.#logger.warn('a user turned up in two partitions: key the records by user, or sessions are cut apart')
  }

  #reject({ offset, bytes, start, end }: LogRecord, reason: string): void {
    // A copy: a view would keep the whole batch in memory.
    const value = Uint8Array.from(bytes.subarray(start, end))
    this.#letters.push({ partition: this.partition, offset, reason, value })
    this.#logger.debug({ offset, reason }, 'record rejected')
  }

  #judgeCaughtUp(endOffset: number): void {
    const lag = endOffset - this.#offset
    if (lag > CAUGHT_UP_LAG_RECORDS) this.#caughtUp = false
    else if (this.#offset >= (this.#endAtStart ?? 0)) this.#caughtUp = true
  }

  /** The move is made durable before it is applied, and nothing else happens in between. */
  async #advanceWhenIdle(): Promise<void> {
    const { commit, now, turns } = this.#context
    const streamTimeMs = this.#idle?.due(this.#pipeline!, now())
    if (streamTimeMs === undefined) return
    await turns.take(async () => {
      const journal = journaled(this.#journal, { offset: this.#offset, streamTimeMs })
      await this.flushLetters()
      await commit(this.#assignment, new Map([[this.partition, this.#positionWith(journal)]]))
      this.#journal = journal
      this.#changed = true
      this.#pipeline!.advance(streamTimeMs)
    })
    if (noteToText({ snapshot: '', snapshotOffset: 0, journal: this.#journal }).length > NOTE_FULL_BYTES) {
      await this.#snapshotting
      await this.#takeSnapshot()
    }
  }

  #snapshotWhenDue(): void {
    const { now, snapshotIntervalMs } = this.#context
    if (!this.#changed || this.#snapshotting !== undefined) return
    const sinceMs = now() - this.#snapshotTriedMs
    if (sinceMs >= 0 && sinceMs < snapshotIntervalMs) return
    this.#snapshotting = this.#takeSnapshot()
      .catch((error) => {
        this.#changed = true
        this.#logger.error({ err: error }, 'taking a snapshot failed; trying again at the next interval')
      })
      .finally(() => {
        this.#snapshotting = undefined
      })
  }

  /**
   * Copies the state, stores it, names it in a commit, and only then deletes the older ones: whatever the committed
   * position names exists.
   */
  async #takeSnapshot(): Promise<void> {
    const { commit, log, metrics, now, turns } = this.#context
    const startedMs = now()
    const offset = this.#offset
    this.#snapshotTriedMs = startedMs
    this.#changed = false
    const capture = captureState(this.#pipeline!.state, this.#pipeline!.options, offset)
    const chunks: Uint8Array[] = []
    await inSlices(collect(encodeState(capture), chunks))
    const pointer = await log.writeSnapshot(this.partition, chunks)
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    await turns.take(async () => {
      // Entries at the snapshot's own offset may have come after it; applied twice they change nothing.
      const journal = this.#journal.filter((entry) => entry.offset >= offset)
      const note = noteToText({ snapshot: pointer, snapshotOffset: offset, journal })
      await this.flushLetters()
      await commit(this.#assignment, new Map([[this.partition, { offset: this.#offset, metadata: note }]]))
      this.#snapshot = { pointer, offset, takenAtMs: startedMs, bytes }
      this.#journal = journal
    })
    await log.dropSnapshotsExcept(this.partition, pointer)
    metrics.snapshotTook((now() - startedMs) / 1000)
  }

  #positionWith(journal: readonly JournalEntry[]): Position {
    const { pointer, offset } = this.#snapshot!
    return { offset: this.#offset, metadata: noteToText({ snapshot: pointer, snapshotOffset: offset, journal }) }
  }

  /** Retention overtook the position: what was read is lost with its log, and counting begins again. */
  async #startAnew(startOffset: number): Promise<void> {
    // One under way would name itself as the snapshot of what begins here.
    await this.#snapshotting
    this.#logger.error({ offset: this.#offset, startOffset }, 'retention passed the position')
    this.#pipeline = undefined
    this.#snapshot = undefined
  }
}

function* collect<Item>(items: Generator<Item>, into: Item[]): Generator<void, void> {
  for (const item of items) {
    into.push(item)
    yield
  }
}
