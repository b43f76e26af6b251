import { setImmediate as otherWork } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Assignment, LogBounds, LogRecord, PartitionedLog, Position, RecordBatch } from './contract/log-port.ts'
import { ACCEPTED, isRejected, OUTCOMES } from './contract/outcome.ts'
import type { DecodedEvent } from './contract/validate.ts'
import type { CoreOptions } from './core/options.ts'
import type { DeliveryMetrics, PartitionStatus } from './expose/delivery-metrics.ts'
import { captureSamples, type PartitionCapture } from './expose/state-families.ts'
import { type FollowedState, leadsOnFrom } from './followed-state.ts'
import { IdleAdvance } from './idle-advance.ts'
import type { KeySample } from './key-sample.ts'
import { PartitionSnapshots } from './partition-snapshots.ts'
import { type JournalEntry, journaled, NOTE_FULL_BYTES, noteToText } from './position-note.ts'
import { restore } from './restore.ts'
import { SpokenFault } from './spoken-fault.ts'
import { Turns } from './turns.ts'

/** What a log is followed with, whatever partition is followed. */
export interface FollowingOptions {
  readonly log: PartitionedLog
  readonly options: CoreOptions
  /** Quiet time before idle advance, milliseconds; undefined turns it off. */
  readonly idleAfterMs: number | undefined
  readonly snapshotIntervalMs: number
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds that never go back, for how long ago something was. */
  readonly steadyNow: () => number
  readonly logger: Logger
}

export interface FollowerContext extends FollowingOptions {
  readonly metrics: DeliveryMetrics
  /** Commits to the log and counts how that went. */
  readonly commit: PartitionedLog['commit']
  readonly keySample: KeySample
  /** Whoever captures or commits takes a turn: no position overtakes another, no journal entry is lost. */
  readonly turns: Turns
  /** Of the logs this process followed, by partition: a log created anew is told from the one before. */
  readonly identities: Map<number, string>
}

/** Records processed before others get a turn: about 5 ms. */
const SLICE_RECORDS = 5_000
/** Behind by more than this, a partition is no longer caught up. */
const CAUGHT_UP_LAG_RECORDS = 10_000
const MOST_PENDING_LETTERS = 1_000
const RETRY_MS = 1_000
/** How often saving is tried when stopping. */
const LAST_SAVES = 3

/** Follows one owned partition: restore, read, process, snapshot, advance when idle. Ends when its assignment is lost. */
export class PartitionFollower {
  readonly partition: number
  readonly #context: FollowerContext
  readonly #assignment: Assignment
  #predecessor: PartitionFollower | undefined
  readonly #logger: Logger
  readonly #labels: Readonly<Record<string, string>>
  readonly #idle: IdleAdvance | undefined
  readonly #snapshots: PartitionSnapshots
  readonly #fault: SpokenFault
  readonly #letterTurns = new Turns()
  #state: FollowedState | undefined
  #running: Promise<void> | undefined
  #endAtStart: number | undefined
  #endOffset: number | undefined
  #caughtUp = false
  #stopping = false

  /** @param predecessor followed the partition under the assignment before: its state may still hold */
  constructor(context: FollowerContext, assignment: Assignment, partition: number, predecessor?: PartitionFollower) {
    const { group, topic } = context.log
    this.partition = partition
    this.#context = context
    this.#assignment = assignment
    this.#predecessor = predecessor
    this.#logger = context.logger.child({ partition })
    this.#labels = { group, topic, partition: String(partition) }
    this.#idle = context.idleAfterMs === undefined ? undefined : new IdleAdvance(context.idleAfterMs)
    this.#fault = new SpokenFault(context.steadyNow)
    this.#snapshots = new PartitionSnapshots(context, assignment, partition, this.#logger, () => this.flushLetters())
  }

  /** True once there is something to expose. */
  get restored(): boolean {
    return this.#state?.snapshot !== undefined
  }

  /** Why it cannot be followed at the moment; undefined while it is. */
  get waitingFor(): string | undefined {
    return this.#fault.text ?? (this.restored ? undefined : 'being restored')
  }

  get status(): PartitionStatus {
    const offset = this.#state?.offset ?? 0
    return {
      partition: this.partition,
      lagRecords: this.#endOffset === undefined ? undefined : Math.max(0, this.#endOffset - offset),
      caughtUp: this.#caughtUp,
      snapshotTakenAtMs: this.#state?.snapshot?.takenAtMs,
      snapshotBytes: this.#state?.snapshot?.bytes,
    }
  }

  /** Copies the numbers and the position they belong to. Only in a turn. */
  capture(): PartitionCapture | undefined {
    if (this.#state?.snapshot === undefined) return undefined
    const { pipeline, offset } = this.#state
    return { partition: this.partition, offset, samples: captureSamples(pipeline.state, offset, this.#labels) }
  }

  /** Where the partition stands, to be committed. Only in a turn, and only what was captured in the same turn. */
  position(): Position | undefined {
    return this.#state?.snapshot === undefined ? undefined : positionOf(this.#state, this.#state.journal)
  }

  /** Stores the dead letters of all records so far, those under way included; a commit beyond them must wait for it. */
  flushLetters(): Promise<void> {
    return this.#letterTurns.take(async () => {
      const state = this.#state
      if (state === undefined || state.letters.length === 0) return
      const { letters } = state
      state.letters = []
      try {
        await this.#context.log.writeDeadLetters(letters)
      } catch (error) {
        state.letters = [...letters, ...state.letters]
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
    await this.#snapshots.settled()
    if (this.#state?.snapshot !== undefined && this.#state.changed) await this.#saveAtLast(this.#state)
  }

  /** The state as it was left when the assignment was lost, once nothing works on it any more. */
  async release(): Promise<FollowedState | undefined> {
    await this.#running
    await this.#snapshots.settled()
    await this.#letterTurns.take(async () => {})
    return this.#state
  }

  async #run(): Promise<void> {
    const { lost } = this.#assignment
    const kept = await this.#predecessor?.release()
    const wasCaughtUp = this.#predecessor?.status.caughtUp ?? false
    // Each would otherwise hold on to all before it.
    this.#predecessor = undefined
    let first = true
    while (!lost.aborted && !this.#stopping) {
      try {
        if (!this.restored) await this.#restore(first ? kept : undefined)
        if (first && this.#state === kept) this.#caughtUp = wasCaughtUp
        first = false
        await this.#follow()
      } catch (error) {
        if (lost.aborted) break
        this.#idle?.interrupted()
        if (this.#fault.met(error)) {
          const offset = this.#state?.offset
          this.#logger.error({ err: error, offset }, 'following the partition failed; trying again every second')
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    // Lost before the position could be asked for: the next owner, if it is this process, may ask. Not when stopping:
    // what nobody has asked for may be behind the position by now, and must not be saved over it.
    if (first && lost.aborted) this.#state = kept
  }

  /** While the group rebalances a commit may be refused for a moment. */
  async #saveAtLast(state: FollowedState): Promise<void> {
    const { lost } = this.#assignment
    for (let attempt = 1; !lost.aborted; attempt++) {
      try {
        return await this.#snapshots.take(state)
      } catch (error) {
        // Lost meanwhile, it is not ours to save any more: the next owner goes on from the committed position.
        if (lost.aborted) return
        if (attempt === LAST_SAVES) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  async #restore(kept: FollowedState | undefined): Promise<void> {
    const { log, now } = this.#context
    const startedMs = now()
    const position = (await log.positions(this.#assignment)).get(this.partition)
    const bounds = await log.bounds(this.partition)
    this.#endAtStart = bounds.endOffset
    this.#endOffset = bounds.endOffset
    if (kept?.snapshot !== undefined && position !== undefined && leadsOnFrom(kept, position, bounds)) {
      this.#state = kept
      this.#snapshots.tookLast(kept.snapshot.takenAtMs)
      this.#logger.info({ offset: kept.offset }, 'partition kept')
    } else await this.#rebuild(position, startedMs)
    this.#context.identities.set(this.partition, this.#state!.identity)
  }

  async #rebuild(position: Position | undefined, startedMs: number): Promise<void> {
    const { log, options, metrics, now, identities } = this.#context
    const { lost } = this.#assignment
    const restored = await restore(log, this.partition, position, options, identities.get(this.partition), lost)
    const { pipeline, offset, note, identity, replayedRecords } = restored
    const journal = note?.journal ?? []
    const changed = replayedRecords > 0 || journal.length > 0
    const state: FollowedState = {
      pipeline,
      offset,
      journal,
      snapshot: undefined,
      maybeSnapshot: undefined,
      changed,
      identity,
      letters: [],
    }
    if (restored.unsaved || note === undefined) await this.#snapshots.take(state)
    else state.snapshot = { pointer: note.snapshot, offset: note.snapshotOffset, takenAtMs: startedMs }
    this.#state = state
    // Only now is it so: had the new beginning not been saved, the next try would find the same past once more.
    if (restored.reset !== undefined) {
      metrics.lineageReset(restored.reset)
      this.#logger.warn(
        { cause: restored.reset, offset },
        'the past cannot be rebuilt: counters of this partition begin again at 0',
      )
    }
    // What had to be replayed would be again: members that come and go must not keep a snapshot from ever being taken.
    if (replayedRecords === 0) this.#snapshots.tookLast(now())
    metrics.restoreTook((now() - startedMs) / 1000)
    this.#logger.info({ offset, replayed: replayedRecords }, 'partition restored')
  }

  async #follow(): Promise<void> {
    const { log } = this.#context
    const { lost } = this.#assignment
    const state = this.#state!
    while (!this.#stopping) {
      const batch = await log.read(this.partition, state.offset, lost)
      if (lost.aborted || this.#stopping) return
      if (!isContinued(state, batch)) {
        // A leader just elected may not know yet how far its log is good. Asked for the bounds, it says only what it knows.
        const bounds = await log.bounds(this.partition)
        if (lost.aborted || isContinued(state, bounds)) continue
        await this.#startAnew(bounds)
        return
      }
      this.#endOffset = batch.endOffset
      await this.#process(state, batch)
      this.#judgeCaughtUp(state, batch.endOffset)
      if (batch.records.length > 0) this.#idle?.interrupted()
      else if (state.offset >= batch.endOffset) await this.#advanceWhenIdle(state)
      if (state.letters.length >= MOST_PENDING_LETTERS) await this.flushLetters()
      this.#snapshots.takeWhenDue(state)
      this.#fault.over()
    }
  }

  async #process(state: FollowedState, { records, nextOffset, appendTime }: RecordBatch): Promise<void> {
    const { now } = this.#context
    const { pipeline } = state
    let sliceEnd = SLICE_RECORDS
    if (records.length > 0) state.changed = true
    for (let at = 0; at < records.length; ) {
      const count = pipeline.processGroup(records, at, appendTime)
      for (let member = 0; member < count; member++) {
        const outcome = pipeline.outcomes[member]!
        if (outcome === ACCEPTED) this.#sampleKey(pipeline.events[member]!)
        else if (isRejected(outcome)) this.#reject(state, records[at + member]!, OUTCOMES[outcome]!)
      }
      this.#measureLag(records, at, count, now())
      at += count
      state.offset = records[at - 1]!.offset + 1
      if (at >= sliceEnd) {
        sliceEnd = at + SLICE_RECORDS
        await otherWork()
        if (this.#assignment.lost.aborted || this.#stopping) return
      }
    }
    state.offset = nextOffset
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

  #reject(state: FollowedState, { offset, bytes, start, end }: LogRecord, reason: string): void {
    // A copy: a view would keep the whole batch in memory.
    const value = Uint8Array.from(bytes.subarray(start, end))
    state.letters.push({ partition: this.partition, offset, reason, value })
    this.#logger.debug({ offset, reason }, 'record rejected')
  }

  #judgeCaughtUp({ offset }: FollowedState, endOffset: number): void {
    if (endOffset - offset > CAUGHT_UP_LAG_RECORDS) this.#caughtUp = false
    else if (offset >= (this.#endAtStart ?? 0)) this.#caughtUp = true
  }

  /** The move is made durable before it is applied, and nothing else happens in between. */
  async #advanceWhenIdle(state: FollowedState): Promise<void> {
    const { commit, now, turns } = this.#context
    const streamTimeMs = this.#idle?.due(state.pipeline, now())
    if (streamTimeMs === undefined) return
    await turns.take(async () => {
      const journal = journaled(state.journal, { offset: state.offset, streamTimeMs })
      await this.flushLetters()
      await commit(this.#assignment, new Map([[this.partition, positionOf(state, journal)]]))
      state.journal = journal
      state.changed = true
      state.pipeline.advance(streamTimeMs)
    })
    if (positionOf(state, state.journal).metadata.length > NOTE_FULL_BYTES) {
      await this.#snapshots.settled()
      await this.#snapshots.take(state)
    }
  }

  /** The log no longer holds what comes next, or is another: what was read is lost with it, and counting begins again. */
  async #startAnew({ startOffset, endOffset }: LogBounds): Promise<void> {
    // One under way would name itself as the snapshot of what begins here.
    await this.#snapshots.settled()
    this.#logger.error(
      { offset: this.#state!.offset, startOffset, endOffset },
      'the log does not go on from the position',
    )
    // In a turn: whoever is committing it takes its letters along, and the position is asked for after that commit.
    await this.#context.turns.take(async () => {
      this.#state = undefined
    })
  }
}

function isContinued({ offset, identity }: FollowedState, bounds: LogBounds): boolean {
  return bounds.identity === identity && bounds.startOffset <= offset && offset <= bounds.endOffset
}

function positionOf({ offset, snapshot, identity }: FollowedState, journal: readonly JournalEntry[]): Position {
  const { pointer, offset: snapshotOffset } = snapshot!
  return { offset, metadata: noteToText({ snapshot: pointer, snapshotOffset, journal, log: identity }) }
}
