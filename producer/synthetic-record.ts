/** A record of synthetic traffic, ready to be written to a log. */
export interface SyntheticRecord {
  /** The user id: chooses the partition, so that a user's events stay together. */
  readonly key: string
  readonly value: Uint8Array
  /** When it is sent, epoch milliseconds; what happened may have happened earlier, or claim to have. */
  readonly timeMs: number
}
