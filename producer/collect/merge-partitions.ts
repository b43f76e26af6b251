import type { LogRecord } from '../../consumer/contract/log-port.ts'
import type { LogView } from '../../consumer/contract/log-view.ts'
import { PartitionCursor } from './partition-cursor.ts'

/** So many records are handed over at once: one by one, the handing over would cost more than the rest. */
const MOST_AT_ONCE = 1_000

/** A cursor for each partition, over what the log holds now. @throws when the log cannot be asked */
export async function openCursors(view: LogView): Promise<readonly PartitionCursor[]> {
  const partitions = Array.from({ length: await view.partitions() }, (_, partition) => partition)
  return Promise.all(
    partitions.map(async (partition) => new PartitionCursor(view, partition, await view.bounds(partition))),
  )
}

/**
 * The records of all partitions: those of one in their order, those of all by log time as far as that allows. At most
 * one read's records of each partition are held. What was handed over is valid until the next is asked for.
 * @throws as {@link PartitionCursor.fill}
 */
export async function* mergePartitions(
  cursors: readonly PartitionCursor[],
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[], void, undefined> {
  await Promise.all(cursors.map((cursor) => cursor.fill(signal)))
  let merged: LogRecord[] = []
  for (let first = firstOf(cursors); first !== undefined; first = firstOf(cursors)) {
    merged.push(first.head!)
    first.advance()
    if (first.head !== undefined && merged.length < MOST_AT_ONCE) continue
    yield merged
    merged = []
    await first.fill(signal)
  }
}

/** The cursor with the oldest record; the lower partition's where two are equally old. */
function firstOf(cursors: readonly PartitionCursor[]): PartitionCursor | undefined {
  let first: PartitionCursor | undefined
  let oldestMs = Number.POSITIVE_INFINITY
  for (const cursor of cursors) {
    const { head } = cursor
    if (head === undefined || (first !== undefined && head.logTimeMs >= oldestMs)) continue
    first = cursor
    oldestMs = head.logTimeMs
  }
  return first
}
