import type { DeadLetter, LogBounds, Position } from './contract/log-port.ts'
import type { Pipeline } from './core/pipeline.ts'
import { type JournalEntry, noteFromText, type PositionNote } from './position-note.ts'

export interface NamedSnapshot {
  readonly pointer: string
  /** Where its replay begins. */
  readonly offset: number
  readonly takenAtMs: number
  /** Unknown of one that was found and not taken. */
  readonly bytes?: number
}

/** A partition's state while it is followed, and how it would be rebuilt. */
export interface FollowedState {
  readonly pipeline: Pipeline
  /** Next offset to process. */
  offset: number
  /** Idle advances since the snapshot. */
  journal: readonly JournalEntry[]
  /** The one that commits name; undefined while a new beginning is not saved. */
  snapshot: NamedSnapshot | undefined
  /** Stored, and named in a commit of which nobody knows whether it happened. */
  maybeSnapshot: NamedSnapshot | undefined
  /** The state differs from the snapshot's. */
  changed: boolean
  /** Of the log the offset belongs to. */
  readonly identity: string
  /** Rejected records not yet stored as dead letters. */
  letters: DeadLetter[]
}

/**
 * Whether the state can be gone on with under a new assignment: the committed position is one that this very state
 * leads on from. It then names a snapshot of this state, the same idle advances, and an offset not beyond it; whoever
 * owned the partition in between only processed records that this state has as well. Sets what the position names.
 */
export function leadsOnFrom(state: FollowedState, position: Position, bounds: LogBounds): boolean {
  const note = noteFromText(position.metadata)
  const snapshot = [state.snapshot, state.maybeSnapshot].find((known) => known?.pointer === note?.snapshot)
  if (note === undefined || snapshot === undefined) return false
  if (state.identity !== bounds.identity || note.log !== bounds.identity) return false
  if (position.offset > state.offset || state.offset > bounds.endOffset) return false
  if (!sameAdvances(state, note)) return false
  state.snapshot = snapshot
  state.maybeSnapshot = undefined
  state.journal = note.journal
  return true
}

function sameAdvances({ journal }: FollowedState, note: PositionNote): boolean {
  const since = journal.filter(({ offset }) => offset >= note.snapshotOffset)
  if (since.length !== note.journal.length) return false
  const applied = new Map(since.map(({ offset, streamTimeMs }) => [offset, streamTimeMs]))
  return note.journal.every(({ offset, streamTimeMs }) => applied.get(offset) === streamTimeMs)
}
