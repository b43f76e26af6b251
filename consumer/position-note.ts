/** Stream time that a quiet partition was moved on to, before the record at the offset was read. */
export interface JournalEntry {
  readonly offset: number
  /** Epoch milliseconds. */
  readonly streamTimeMs: number
}

/**
 * What is kept with a committed position, in the same atomic record: from which snapshot the state at the position is
 * rebuilt, and the idle advances since, which stand nowhere in the log.
 */
export interface PositionNote {
  readonly snapshot: string
  /** Where the replay begins. */
  readonly snapshotOffset: number
  /** By offset, one entry each. */
  readonly journal: readonly JournalEntry[]
  /** Identity of the log that the offsets belong to. */
  readonly log: string
}

const VERSION = 2

/** Past this many bytes a new snapshot is due, which empties the journal: a position's metadata ends at 4,096. */
export const NOTE_FULL_BYTES = 3072

export function noteToText({ snapshot, snapshotOffset, journal, log }: PositionNote): string {
  return JSON.stringify({
    v: VERSION,
    log,
    snapshot,
    at: snapshotOffset,
    journal: journal.map(({ offset, streamTimeMs }) => [offset, streamTimeMs]),
  })
}

/** The note, or undefined when the text is none of ours. */
export function noteFromText(text: string): PositionNote | undefined {
  try {
    const { v, log, snapshot, at, journal } = JSON.parse(text)
    const entries: JournalEntry[] = journal.map((entry: unknown[]) => ({ offset: entry[0], streamTimeMs: entry[1] }))
    const sound =
      v === VERSION &&
      typeof log === 'string' &&
      typeof snapshot === 'string' &&
      Number.isSafeInteger(at) &&
      entries.every(({ offset, streamTimeMs }) => Number.isSafeInteger(offset) && Number.isFinite(streamTimeMs))
    return sound ? { snapshot, snapshotOffset: at, journal: entries, log } : undefined
  } catch {
    return undefined
  }
}

/** The journal with one more entry; a later one for the same offset takes the place of the earlier. */
export const journaled = (journal: readonly JournalEntry[], entry: JournalEntry): readonly JournalEntry[] => [
  ...journal.filter(({ offset }) => offset !== entry.offset),
  entry,
]
