import type { LogRecord } from '../../consumer/contract/log-port.ts'
import type { LogView } from '../../consumer/contract/log-view.ts'
import { type EventTimeOptions, EventTimes } from './event-times.ts'
import { mergePartitions, openCursors } from './merge-partitions.ts'
import type { PartitionCursor } from './partition-cursor.ts'
import { type ExportFormat, RecordText } from './record-text.ts'

/** What somebody wants out of the log. */
export interface ExportQuery {
  readonly format: ExportFormat
  /** Event time, epoch milliseconds: not before `fromMs` and before `toMs`. */
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
  /** Ends after so many records. */
  readonly limit: number | undefined
}

export interface ExportOptions {
  readonly view: LogView
  /** How event times are read. */
  readonly core: EventTimeOptions
  readonly query: ExportQuery
  /** Ends reading at once. */
  readonly signal: AbortSignal
}

/**
 * The text of everything that the log holds at this moment, in the order of {@link mergePartitions}, in chunks. Records
 * whose event time cannot be read are left out as soon as a time is asked for; a record without a value is `""`.
 * @returns once it is known what the log holds
 * @throws when the log cannot be asked; the chunks throw when it cannot be read to its end, or when `signal` aborts
 */
export async function exportLog(options: ExportOptions): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  return chunksOf(await openCursors(options.view), options)
}

async function* chunksOf(
  cursors: readonly PartitionCursor[],
  { core, query, signal }: ExportOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { format, limit = Number.POSITIVE_INFINITY } = query
  const text = new RecordText(format)
  const isWanted = filterOf(query, core)
  for await (const records of mergePartitions(cursors, signal)) {
    for (const record of records) {
      if (!isWanted(record)) continue
      const full = text.add(record.bytes, record.start, record.end)
      if (full !== undefined) yield full
      if (text.records === limit) break
    }
    if (text.records === limit) break
  }
  yield text.end()
}

function filterOf({ fromMs, toMs }: ExportQuery, core: EventTimeOptions): (record: LogRecord) => boolean {
  if (fromMs === undefined && toMs === undefined) return () => true
  const times = new EventTimes(core)
  const first = fromMs ?? Number.NEGATIVE_INFINITY
  const behind = toMs ?? Number.POSITIVE_INFINITY
  return ({ bytes, start, end }) => {
    const timeMs = times.of(bytes, start, end)
    return timeMs >= first && timeMs < behind
  }
}
