import type { LogBounds, LogRecord } from '../../consumer/contract/log-port.ts'
import type { LogView } from '../../consumer/contract/log-view.ts'

/** Reads in a row that bring nothing before that is taken for an answer: a leader just elected needs a moment. */
const MOST_EMPTY_READS = 4

/** One partition of a log, from where it began to where it ended at one moment, record by record. */
export class PartitionCursor {
  readonly partition: number
  readonly #view: Pick<LogView, 'read'>
  readonly #endOffset: number
  readonly #identity: string
  #next: number
  #records: readonly LogRecord[] = []
  #at = 0

  constructor(view: Pick<LogView, 'read'>, partition: number, { startOffset, endOffset, identity }: LogBounds) {
    this.partition = partition
    this.#view = view
    this.#next = startOffset
    this.#endOffset = endOffset
    this.#identity = identity
  }

  /** The record whose turn it is; undefined until {@link fill}, and at the end. */
  get head(): LogRecord | undefined {
    return this.#records[this.#at]
  }

  advance(): void {
    this.#at += 1
  }

  /**
   * Reads on where there is no head any more. None afterwards means the end: nothing follows but, at most, what is not
   * committed. Records that were deleted meanwhile are passed over.
   * @throws when the log cannot be read to that end, or when `signal` aborts
   */
  async fill(signal: AbortSignal): Promise<void> {
    let emptyReads = 0
    while (this.head === undefined && this.#next < this.#endOffset) {
      const batch = await this.#view.read(this.partition, this.#next, signal)
      signal.throwIfAborted()
      if (batch.identity !== this.#identity) {
        throw new Error(`partition ${this.partition}: the log was deleted and made again while it was read`)
      }
      const next = Math.max(batch.nextOffset, batch.startOffset)
      this.#records = this.#upToEnd(batch.records)
      this.#at = 0
      if (next > this.#next) emptyReads = 0
      else if (++emptyReads === MOST_EMPTY_READS) return this.#endEarly(batch.endOffset)
      this.#next = next
    }
  }

  #upToEnd(records: readonly LogRecord[]): readonly LogRecord[] {
    const last = records.at(-1)
    return last === undefined || last.offset < this.#endOffset
      ? records
      : records.filter(({ offset }) => offset < this.#endOffset)
  }

  /** A log that reaches further and still gives nothing holds it back for an open transaction. */
  #endEarly(endOffset: number): void {
    if (endOffset <= this.#next) {
      throw new Error(`partition ${this.partition}: the log ends at ${this.#next}, and ended at ${this.#endOffset}`)
    }
    this.#next = this.#endOffset
  }
}
