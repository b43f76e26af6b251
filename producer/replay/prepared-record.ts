import type { NewRecord } from '../../consumer/contract/log-port.ts'
import type { FileRecord } from '../../consumer/files/record.ts'

/** A record of a file, ready to be sent. */
export interface PreparedRecord extends NewRecord {
  /** When it happened, epoch milliseconds; undefined where it does not say so. */
  readonly timeMs: number | undefined
}

/** Why a record is left out, in words that follow a count: `3 broken lines`. */
export type Omission = string

/** @param fileNumber counted from 1, in the order the files were named */
export type Prepare = (record: FileRecord, fileNumber: number) => PreparedRecord | Omission
