import { Counters } from './count.ts'
import type { CoreOptions } from './options.ts'
import { SeenIds } from './seen-ids.ts'
import { SessionTable } from './sessions.ts'
import { newStreamClock, type StreamClock } from './stream-clock.ts'

/** Everything a partition's log has led to so far. Serialisable; changed only by the pipeline. */
export interface PartitionState {
  readonly clock: StreamClock
  readonly seen: SeenIds
  readonly sessions: SessionTable
  readonly counters: Counters
}

export const newPartitionState = (options: CoreOptions): PartitionState => ({
  clock: newStreamClock(),
  seen: new SeenIds(),
  sessions: new SessionTable(),
  counters: new Counters(options),
})
