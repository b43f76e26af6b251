import { setImmediate as otherWork } from 'node:timers/promises'
import type { LogBounds, PartitionedLog, Position } from './contract/log-port.ts'
import { adoptOptions } from './core/adopt-options.ts'
import { type CoreOptions, optionsToText } from './core/options.ts'
import { Pipeline } from './core/pipeline.ts'
import { decodeState, type RestoredState, SnapshotUnusable } from './core/snapshot-codec.ts'
import type { LineageCause } from './expose/delivery-metrics.ts'
import { type JournalEntry, noteFromText, type PositionNote } from './position-note.ts'

/** A partition's state at its committed position. */
export interface Restored {
  readonly pipeline: Pipeline
  /** Next offset to process. */
  readonly offset: number
  /** What the position was committed with; undefined when the state is new. */
  readonly note: PositionNote | undefined
  /** The options changed, or the state is new: it must be saved before anything is exposed. */
  readonly unsaved: boolean
  readonly replayedRecords: number
  /** Why the past was given up, if it was. */
  readonly reset: LineageCause | undefined
  /** Of the log that the offset belongs to. */
  readonly identity: string
}

/**
 * Rebuilds the state at the committed position: the snapshot the position names, then every record from there to the
 * position, silently, with the journal's idle advances at their offsets. Under the options the snapshot was made with;
 * changed ones take effect at the position. Where that past cannot be had, the state is new and begins at
 * max(committed, log start), and says why: what was exposed is never counted again. Another log under the same name is
 * counted from its beginning.
 * @param knownIdentity of the log that this process followed last, if it did
 */
export async function restore(
  log: PartitionedLog,
  partition: number,
  position: Position | undefined,
  options: CoreOptions,
  knownIdentity: string | undefined,
  signal: AbortSignal,
): Promise<Restored> {
  const bounds = await log.bounds(partition)
  const fresh = (offset: number, reset?: LineageCause, { identity } = bounds): Restored => ({
    pipeline: new Pipeline(options),
    offset,
    note: undefined,
    unsaved: true,
    replayedRecords: 0,
    reset,
    identity,
  })
  const { identity } = bounds
  const recreated = knownIdentity !== undefined && knownIdentity !== identity
  if (position === undefined) {
    return recreated ? fresh(bounds.startOffset, 'log_recreated') : fresh(await log.firstOffset(partition))
  }
  const note = noteFromText(position.metadata)
  if (recreated || (note !== undefined && note.log !== identity)) return fresh(bounds.startOffset, 'log_recreated')
  if (position.offset > bounds.endOffset) return fresh(bounds.endOffset, 'offset_beyond_end')
  const resume = Math.max(position.offset, bounds.startOffset)
  // A position before its own snapshot was set by hand: what lies between was counted already.
  if (note === undefined || position.offset < note.snapshotOffset) return fresh(resume, 'position_unreadable')
  if (bounds.startOffset > note.snapshotOffset) return fresh(resume, 'retention')

  const chunks = await log.readSnapshot(partition, note.snapshot)
  if (chunks === undefined) return fresh(resume, 'snapshot_missing')
  let saved: RestoredState
  try {
    saved = await inSlices(decodeState(chunks))
  } catch (error) {
    if (!(error instanceof SnapshotUnusable)) throw error
    return fresh(resume, error.fault === 'version' ? 'core_version' : 'snapshot_corrupt')
  }
  const old = new Pipeline(saved.options, saved.state)
  const past = { from: saved.offset, to: position.offset, identity, journal: note.journal }
  const instead = await replay(log, partition, old, past, signal)
  if (instead !== undefined) {
    return instead.identity === identity
      ? fresh(Math.max(position.offset, instead.startOffset), 'retention')
      : fresh(instead.startOffset, 'log_recreated', instead)
  }
  const changed = optionsToText(saved.options) !== optionsToText(options)
  const pipeline = changed ? new Pipeline(options, adoptOptions(old.state, saved.options, options)) : old
  const replayedRecords = position.offset - saved.offset
  return { pipeline, offset: position.offset, note, unsaved: changed, replayedRecords, reset: undefined, identity }
}

/** The records `from` (inclusive) to `to` (exclusive) of a log, and the idle advances among them. */
interface Past {
  readonly from: number
  readonly to: number
  readonly identity: string
  readonly journal: readonly JournalEntry[]
}

/** Resolves with the bounds of the log when it no longer holds what is left: it was counted before and cannot be again. */
async function replay(
  log: PartitionedLog,
  partition: number,
  pipeline: Pipeline,
  { from, to, identity, journal }: Past,
  signal: AbortSignal,
): Promise<LogBounds | undefined> {
  const entries = journal.filter(({ offset }) => offset >= from).sort((a, b) => a.offset - b.offset)
  const advanceUpTo = (offset: number): void => {
    while (entries.length > 0 && entries[0]!.offset <= offset) pipeline.advance(entries.shift()!.streamTimeMs)
  }
  const isHeld = (bounds: LogBounds, next: number): boolean =>
    bounds.identity === identity && bounds.startOffset <= next && bounds.endOffset >= to
  let next = from
  while (next < to) {
    signal.throwIfAborted()
    const batch = await log.read(partition, next, signal)
    signal.throwIfAborted()
    if (!isHeld(batch, next)) {
      // A leader just elected may not know yet how far its log is good. Asked for the bounds, it says only what it knows.
      const bounds = await log.bounds(partition)
      if (!isHeld(bounds, next)) return bounds
      continue
    }
    for (const record of batch.records) {
      if (record.offset >= to) break
      advanceUpTo(record.offset)
      pipeline.process(record.bytes, record.start, record.end, record.logTimeMs, batch.appendTime)
    }
    next = batch.nextOffset
    await otherWork()
  }
  advanceUpTo(to)
  return undefined
}

/** Runs a generator to its end and lets others have their turn between the steps. */
export async function inSlices<Result>(steps: Generator<unknown, Result>): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await otherWork()
  }
}
