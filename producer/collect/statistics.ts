import { EVENT_TYPES, type EventType } from '../../consumer/contract/click-event.ts'
import { EventReader, type ReadingOptions } from '../../consumer/contract/event-reader.ts'
import type { LogRecord } from '../../consumer/contract/log-port.ts'
import { ACCEPTED } from '../../consumer/contract/outcome.ts'
import { within } from '../../consumer/within.ts'
import { FollowedLog, type FollowedLogOptions } from './followed-log.ts'
import { RecentEvents } from './recent-events.ts'

export interface Statistics {
  readonly totalEvents: number
  readonly eventsByType: Readonly<Record<EventType, number>>
  /** Records that are no valid event. */
  readonly recordsRejected: number
  /** False when the log holds more than was counted, or when that is not known. */
  readonly caughtUp: boolean
  /** JSON texts, newest first. */
  readonly recentEvents: readonly string[]
}

export interface LogStatisticsOptions extends Omit<FollowedLogOptions, 'follower'> {
  readonly options: ReadingOptions
  /** An answer is given after this time, whether it is caught up or not. */
  readonly patienceMs?: number
}

/** What one partition holds. */
interface Counted {
  /** By the event type's place in EVENT_TYPES. */
  readonly byType: Float64Array
  rejected: number
}

/**
 * What the log holds, counted from its records alone, so that a restart changes nothing: every valid event since the
 * oldest one that the log held when this process first looked. Duplicates and late events are among them, which the
 * metrics leave out.
 */
export class LogStatistics {
  readonly #log: FollowedLog
  readonly #patienceMs: number
  readonly #reader: EventReader
  readonly #recent = new RecentEvents()
  /** By partition. */
  readonly #counted = new Map<number, Counted>()

  constructor({ options, patienceMs = 2_000, ...log }: LogStatisticsOptions) {
    const follower = {
      take: (partition: number, records: readonly LogRecord[]) => this.#take(partition, records),
      forget: (partition: number) => this.#forget(partition),
    }
    this.#log = new FollowedLog({ ...log, follower })
    this.#patienceMs = patienceMs
    this.#reader = new EventReader(options)
  }

  /** With everything that is in the log now, if that can be read in time. The first question begins the reading. */
  async answer(): Promise<Statistics> {
    this.#log.start()
    const waiting = new AbortController()
    const caughtUp = await within(this.#patienceMs, this.#log.reachEnd(waiting.signal)).then(
      () => true,
      () => false,
    )
    waiting.abort()
    return { ...this.#sums(), caughtUp, recentEvents: this.#recent.newestFirst() }
  }

  stop(): Promise<void> {
    return this.#log.stop()
  }

  #take(partition: number, records: readonly LogRecord[]): void {
    const counted = this.#countedOf(partition)
    for (const record of records) {
      if (this.#reader.read(record.bytes, record.start, record.end) === ACCEPTED) {
        counted.byType[this.#reader.event.type]! += 1
        this.#recent.add(partition, record)
      } else counted.rejected += 1
    }
  }

  #forget(partition: number): void {
    this.#counted.delete(partition)
    this.#recent.forget(partition)
  }

  #countedOf(partition: number): Counted {
    let counted = this.#counted.get(partition)
    if (counted === undefined) {
      counted = { byType: new Float64Array(EVENT_TYPES.length), rejected: 0 }
      this.#counted.set(partition, counted)
    }
    return counted
  }

  #sums(): Pick<Statistics, 'totalEvents' | 'eventsByType' | 'recordsRejected'> {
    const counted = [...this.#counted.values()]
    const events = EVENT_TYPES.map((_, type) => counted.reduce((sum, { byType }) => sum + byType[type]!, 0))
    return {
      totalEvents: events.reduce((sum, count) => sum + count, 0),
      eventsByType: Object.fromEntries(EVENT_TYPES.map((name, type) => [name, events[type]!])) as Record<
        EventType,
        number
      >,
      recordsRejected: counted.reduce((sum, { rejected }) => sum + rejected, 0),
    }
  }
}
