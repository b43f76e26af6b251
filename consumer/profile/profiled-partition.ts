import { ACCEPTED, isDropped, type Outcome, rejected } from '../contract/outcome.ts'
import type { DecodedEvent } from '../contract/validate.ts'
import { Counters } from '../core/count.ts'
import type { CoreOptions } from '../core/options.ts'
import { Pipeline } from '../core/pipeline.ts'
import { END_MS, ROW_DOUBLES, type SessionTable, START_MS } from '../core/sessions.ts'
import { newPartitionState } from '../core/state.ts'
import type { ArrivalOrder } from './arrival-order.ts'
import type { Distribution } from './distribution.ts'
import type { ProfiledRecord } from './profiled-record.ts'

const FUTURE_DATED = rejected('future_dated')

/** Counters that note how long each session was: the metric behind them knows ranges only. */
class MeasuringCounters extends Counters {
  readonly #lengthsMs: Distribution

  constructor(options: CoreOptions, lengthsMs: Distribution) {
    super(options)
    this.#lengthsMs = lengthsMs
  }

  override countClosed(sessions: SessionTable, slot: number): void {
    const row = slot * ROW_DOUBLES
    this.#lengthsMs.add(sessions.doubles[row + END_MS]! - sessions.doubles[row + START_MS]!)
    super.countClosed(sessions, slot)
  }
}

/**
 * One partition, or all files as one stream, through the core as the exporter has it. Memory is that of the core: sessions
 * are open, and event ids remembered, until the allowed lateness has passed; with an unlimited one until the end.
 */
export class ProfiledPartition {
  readonly counters: Counters
  readonly #json: Pipeline
  /** In CSV numbers are text. */
  readonly #csv: Pipeline
  #last: Pipeline
  #largestMs = Number.NEGATIVE_INFINITY

  constructor(options: CoreOptions, sessionLengthsMs: Distribution) {
    this.counters = new MeasuringCounters(options, sessionLengthsMs)
    const state = { ...newPartitionState(options), counters: this.counters }
    this.#json = new Pipeline(options, state)
    this.#csv = new Pipeline({ ...options, numbersAsStrings: true }, state)
    this.#last = this.#json
  }

  /** The event of the record processed last; valid only where {@link process} says so. */
  get event(): DecodedEvent {
    return this.#last.event
  }

  /** Whether the record counts, and whether it holds a valid event at all: one that is dropped does. */
  process(record: ProfiledRecord, order: ArrivalOrder): { readonly counts: boolean; readonly isEvent: boolean } {
    const { bytes, start, end, logTimeMs, appendTime } = record
    this.#last = record.isCsv ? this.#csv : this.#json
    const { streamTimeMs } = this.#last.state.clock
    const outcome: Outcome = this.#last.process(bytes, start, end, logTimeMs, appendTime)
    const counts = outcome === ACCEPTED
    const isEvent = counts || isDropped(outcome) || outcome === FUTURE_DATED
    if (isEvent && outcome !== FUTURE_DATED) {
      const { timeMs } = this.event
      order.add(timeMs, this.#largestMs, streamTimeMs)
      if (timeMs > this.#largestMs) this.#largestMs = timeMs
    }
    return { counts, isEvent }
  }

  closeAll(): void {
    this.#last.closeAll()
  }
}
