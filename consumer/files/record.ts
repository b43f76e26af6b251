/** One record of a file: bytes `start` (inclusive) to `end` (exclusive) of `bytes`, as they stand in the file or as JSON. */
export interface FileRecord {
  bytes: Uint8Array
  start: number
  end: number
  /** Where to look in the file: line (CSV, NDJSON) or element (JSON array), both counted from 1. */
  position: number
}

/** Cuts a file that arrives in chunks into records, in file order. */
export interface RecordSplitter {
  /** The records this chunk completes. They are views into it: leave it unchanged. */
  push(chunk: Uint8Array): FileRecord[]
  /** What is left when the file has ended. */
  end(): FileRecord[]
  /** True when the file has ended where more must have followed. */
  readonly isCutShort?: boolean
}

/**
 * A longer record is cut to one byte more than this: memory stays bounded, and the pipeline still sees that it is
 * too large.
 */
export const MAX_RECORD_BYTES = 10 * 1024 * 1024
