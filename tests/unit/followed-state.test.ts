import { expect, test } from 'vitest'
import type { LogBounds, Position } from '../../consumer/contract/log-port.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import { type FollowedState, leadsOnFrom } from '../../consumer/followed-state.ts'
import { type JournalEntry, noteToText, type PositionNote } from '../../consumer/position-note.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

const NAMED = { pointer: 'the named one', offset: 100, takenAtMs: 0 }
const MAYBE = { pointer: 'perhaps named', offset: 150, takenAtMs: 0 }
const ADVANCE: JournalEntry = { offset: 120, streamTimeMs: 7_000 }

/** Followed up to 200 since the snapshot at 100, with one idle advance on the way. */
const aState = (words: Partial<FollowedState> = {}): FollowedState => ({
  pipeline: new Pipeline(coreOptions(aReferenceRun())),
  offset: 200,
  journal: [ADVANCE],
  snapshot: NAMED,
  maybeSnapshot: undefined,
  changed: false,
  identity: 'log 1',
  letters: [],
  ...words,
})

/** Committed at 180 with the named snapshot and the same advance. */
function aPosition({ offset = 180, ...words }: Partial<PositionNote> & { offset?: number } = {}): Position {
  const note: PositionNote = {
    snapshot: NAMED.pointer,
    snapshotOffset: 100,
    journal: [ADVANCE],
    log: 'log 1',
    ...words,
  }
  return { offset, metadata: noteToText(note) }
}

const bounds = (words: Partial<LogBounds> = {}): LogBounds => ({
  startOffset: 0,
  endOffset: 500,
  identity: 'log 1',
  ...words,
})

test.each<[what: string, position: Position]>([
  ['this state’s own last commit', aPosition()],
  ['a commit at the very offset', aPosition({ offset: 200 })],
  ['a commit at the snapshot’s own offset', aPosition({ offset: 100 })],
])('%s is led on from, and the state goes on as it is', (_, position) => {
  const state = aState()
  expect(leadsOnFrom(state, position, bounds())).toBe(true)
  expect(state).toMatchObject({ offset: 200, snapshot: NAMED, maybeSnapshot: undefined, journal: [ADVANCE] })
})

test.each<[what: string, position: Position, bounds?: Partial<LogBounds>]>([
  // Somebody else read on: whatever this state would commit next lies before it.
  ['a position beyond it', aPosition({ offset: 201 })],
  ['a snapshot that it does not know', aPosition({ snapshot: 'another owner’s' })],
  ['an idle advance that it never made', aPosition({ journal: [ADVANCE, { offset: 180, streamTimeMs: 9_000 }] })],
  ['one idle advance less', aPosition({ journal: [] })],
  ['an idle advance to another time', aPosition({ journal: [{ offset: 120, streamTimeMs: 7_001 }] })],
  ['an idle advance at another offset', aPosition({ journal: [{ offset: 121, streamTimeMs: 7_000 }] })],
  ['a position of another log', aPosition({ log: 'log 2' })],
  ['a log created anew', aPosition(), { identity: 'log 2' }],
  ['a log created anew, with a position of its own', aPosition({ log: 'log 2' }), { identity: 'log 2' }],
  ['a log that ends before the state', aPosition(), { endOffset: 199 }],
  ['a note that is none of ours', { offset: 180, metadata: 'set by hand' }],
  ['a position without a note', { offset: 180, metadata: '' }],
])('%s is not led on from, and nothing of the state is changed', (_, position, otherBounds) => {
  const state = aState({ maybeSnapshot: MAYBE })
  expect(leadsOnFrom(state, position, bounds(otherBounds))).toBe(false)
  expect(state).toMatchObject({ offset: 200, snapshot: NAMED, maybeSnapshot: MAYBE, journal: [ADVANCE] })
})

test('a log that ends exactly where the state stands is gone on with', () => {
  expect(leadsOnFrom(aState(), aPosition(), bounds({ endOffset: 200 }))).toBe(true)
})

test('a snapshot named by a commit of unknown outcome becomes the one that is named', () => {
  const state = aState({ maybeSnapshot: MAYBE, journal: [ADVANCE, { offset: 160, streamTimeMs: 9_000 }] })
  const position = aPosition({
    snapshot: MAYBE.pointer,
    snapshotOffset: MAYBE.offset,
    journal: [{ offset: 160, streamTimeMs: 9_000 }],
  })
  expect(leadsOnFrom(state, position, bounds())).toBe(true)
  expect(state).toMatchObject({
    snapshot: MAYBE,
    maybeSnapshot: undefined,
    journal: [{ offset: 160, streamTimeMs: 9_000 }],
  })
})

test('when that commit did not happen, the snapshot before it stays the named one', () => {
  const state = aState({ maybeSnapshot: MAYBE })
  expect(leadsOnFrom(state, aPosition(), bounds())).toBe(true)
  expect(state).toMatchObject({ snapshot: NAMED, maybeSnapshot: undefined })
})

test('a state that was never saved leads on from nothing', () => {
  expect(leadsOnFrom(aState({ snapshot: undefined }), aPosition(), bounds())).toBe(false)
})
