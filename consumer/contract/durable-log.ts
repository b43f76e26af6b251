import type { NewRecord } from './log-port.ts'

/** A log that records are answered for. */
export interface DurableLog {
  /**
   * Resolves when the log has all records durably, each once. While that cannot be known, because a broker is away, it
   * stays pending and goes on trying the same records. One at a time.
   * @throws {RecordsTooLarge} when the log took none of them, and never will
   * @throws {PartlyStored} when it has some of them; the others may be in it
   * @throws when they could not be stored, or when that will never be known: some may be in the log
   */
  append(records: readonly NewRecord[]): Promise<void>
  /** Why the append under way does not get on, in words; undefined while nothing is known to be wrong. */
  readonly trouble: string | undefined
  /** Gives up what is pending, which then rejects. */
  close(): Promise<void>
}

/** The log takes no record of this size. Nothing of the append was stored. */
export class RecordsTooLarge extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RecordsTooLarge'
  }
}

/** An append that failed, though the log has some of its records durably, each once. */
export class PartlyStored extends Error {
  /** The others, in their order: they may be in the log or not. */
  readonly unconfirmed: readonly NewRecord[]

  constructor(message: string, unconfirmed: readonly NewRecord[], options?: ErrorOptions) {
    super(message, options)
    this.name = 'PartlyStored'
    this.unconfirmed = unconfirmed
  }
}
