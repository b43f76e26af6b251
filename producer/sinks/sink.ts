import type { NewRecord } from '../../consumer/contract/log-port.ts'
import type { Rejections } from './rejections.ts'

/** Where events go. */
export interface Sink {
  /**
   * Resolves when all are accepted. After a failure the same array is given again: what is known to be accepted is not
   * sent a second time, what is uncertain is. One at a time.
   * @throws {TryLater} when the receiver asks for it
   * @throws {SinkRefused} or {ReaderGone} when trying again is of no use
   */
  append(records: readonly NewRecord[]): Promise<void>
  /** Records of the last append that were sent without an answer: they may be there. */
  readonly unconfirmed: number
  /** What the receiver took for no events; undefined where nobody looks at them. They are not sent again. */
  readonly rejections?: Rejections
  /** Records that were deleted to make room for others; undefined where nothing is known of that. */
  readonly crowdedOut?: number
  /** What an append still waits for before it sends is not waited for any more. */
  stopWaiting(): void
  close(): Promise<void>
}

/** The receiver takes nothing for the moment. */
export class TryLater extends Error {
  /** When it wants to be asked again, milliseconds from now; undefined when it does not say. */
  readonly afterMs: number | undefined

  constructor(message: string, afterMs: number | undefined) {
    super(message)
    this.name = 'TryLater'
    this.afterMs = afterMs
  }
}

/** The records are not taken, and will not be. The message says what to change. */
export class SinkRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SinkRefused'
  }
}

/** Whoever read the output has enough, as `head` does. */
export class ReaderGone extends Error {
  constructor() {
    super('nobody reads the output any more')
    this.name = 'ReaderGone'
  }
}
