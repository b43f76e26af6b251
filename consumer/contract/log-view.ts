import type { LogBounds, RecordBatch } from './log-port.ts'

/** A log as somebody sees it who only reads: nothing is joined, committed or disturbed. */
export interface LogView {
  /** How many partitions there are now; 0 while the topic is missing. @throws when the log cannot be asked */
  partitions(): Promise<number>
  bounds(partition: number): Promise<LogBounds>
  /** As `PartitionedLog.read`. */
  read(partition: number, fromOffset: number, signal: AbortSignal): Promise<RecordBatch>
}
