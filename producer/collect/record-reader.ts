import { EventReader, type ReadingOptions } from '../../consumer/contract/event-reader.ts'
import { ACCEPTED, OUTCOMES, type RejectReason } from '../../consumer/contract/outcome.ts'
import type { CollectedRecord } from './collected-record.ts'
import { withEventId } from './event-id.ts'
import type { Piece } from './pieces.ts'

/** Those of the exporter that reads the log: what is taken here, it takes. */
export interface TakingOptions extends ReadingOptions {
  /** How far past now an event's own time may lie. */
  readonly futureToleranceMs: number
}

export interface RecordReaderOptions {
  readonly core: TakingOptions
  /** A new event id, unlike all others. */
  readonly newId: () => string
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** From a record as it was sent to the one for the log, or the reason that the exporter would reject it for. */
export class RecordReader {
  readonly #options: RecordReaderOptions
  readonly #reader: EventReader

  constructor(options: RecordReaderOptions) {
    this.#options = options
    this.#reader = new EventReader(options.core)
  }

  /**
   * The value is a view of the piece's bytes, or a copy with an event id in it; its log time will be about now. With
   * that id it may become longer than the exporter reads: `too_large`.
   */
  read({ bytes, start, end }: Piece): CollectedRecord | RejectReason {
    const { core, newId, now } = this.#options
    const reader = this.#reader
    const outcome = reader.read(bytes, start, end)
    if (outcome !== ACCEPTED) return OUTCOMES[outcome] as RejectReason
    if (reader.event.timeMs > now() + core.futureToleranceMs) return 'future_dated'
    const user = reader.text('userId')!
    const id = reader.text('eventId')
    const sent = bytes.subarray(start, end)
    if (id !== undefined) return { key: user, value: sent, identity: `${user.length} ${user} ${id}` }
    const value = withEventId(sent, reader.dialect, newId())
    return value.length > core.maxRecordBytes ? 'too_large' : { key: user, value, identity: undefined }
  }
}
