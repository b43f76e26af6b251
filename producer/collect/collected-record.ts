import type { NewRecord } from '../../consumer/contract/log-port.ts'
import type { RejectReason } from '../../consumer/contract/outcome.ts'

/** A record as it goes into the log: keyed by its user, with an event id where its shape has a place for one. */
export interface CollectedRecord extends NewRecord {
  /** What a second copy is recognised by: user and event id as the client gave it; undefined when it gave none. */
  readonly identity: string | undefined
}

/** Why the record at an index of its request, counted from 0, is not taken. */
export interface RecordFault {
  readonly index: number
  readonly reason: RejectReason
}
