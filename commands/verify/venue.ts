import type { NewRecord } from '../../consumer/contract/log-port.ts'
import type { LoggedRecord } from '../../producer/oracle/partition-oracle.ts'

/** Where a stream is written, consumed and shown: the embedded log in this process, or Kafka with consumers around it. */
export interface Venue {
  /** How many partitions the log has. */
  readonly partitions: number
  /** Whether the log may hold a record twice because the answer to a request was lost. */
  readonly repeats: boolean
  append(records: readonly NewRecord[]): Promise<void>
  /** Every record of the log, those of one partition in its order. */
  read(): AsyncIterable<{ readonly partition: number; readonly record: LoggedRecord }>
  /** The pages of /metrics that can be had now. @throws when one that serves them has ended by itself */
  pages(): Promise<readonly string[]>
  /** Kills one of the processes that serve the pages, without warning, and starts another; where they are processes. */
  readonly kill?: () => Promise<void>
  /** Leaves nothing behind. */
  close(): Promise<void>
}
