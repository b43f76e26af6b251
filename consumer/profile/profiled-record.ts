/** A record of a file or of a topic. */
export interface ProfiledRecord {
  /** bytes[start, end) is the value. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** Of a file: 0. */
  readonly partition: number
  /** Epoch milliseconds, or NO_LOG_TIME for records of files. */
  readonly logTimeMs: number
  /** True when the broker stamped logTimeMs. */
  readonly appendTime: boolean
  /** All values are text, and missing ones are left out. */
  readonly isCsv: boolean
}
