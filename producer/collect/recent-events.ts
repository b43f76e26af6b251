import { decodeUtf8 } from '../../consumer/contract/json-scan.ts'
import type { LogRecord } from '../../consumer/contract/log-port.ts'

interface RecentEvent {
  readonly partition: number
  readonly logTimeMs: number
  readonly bytes: Uint8Array
}

const MOST_EVENTS = 20
/** A longer one is left out: twenty are held in memory, and shown. */
const LONGEST_BYTES = 8 * 1024

/** The events that came last into a log, by log time: one partition may be read ahead of another. */
export class RecentEvents {
  /** Oldest first. */
  #events: RecentEvent[] = []

  /** A valid event; those of a partition in their order. */
  add(partition: number, { logTimeMs, bytes, start, end }: LogRecord): void {
    if (end - start > LONGEST_BYTES) return
    const isFull = this.#events.length === MOST_EVENTS
    if (isFull && logTimeMs < this.#events[0]!.logTimeMs) return
    // A copy: a view, which a Buffer's slice is too, would keep all that was read with it in memory.
    const event = { partition, logTimeMs, bytes: new Uint8Array(bytes.subarray(start, end)) }
    this.#events.splice(this.#events.findLastIndex((other) => !isBefore(event, other)) + 1, 0, event)
    if (isFull) this.#events.shift()
  }

  /** Forgets those of a partition. */
  forget(partition: number): void {
    this.#events = this.#events.filter((event) => event.partition !== partition)
  }

  /** Their JSON as it is in the log. */
  newestFirst(): readonly string[] {
    return this.#events.map(({ bytes }) => decodeUtf8(bytes, 0, bytes.length)).reverse()
  }
}

const isBefore = (one: RecentEvent, other: RecentEvent): boolean =>
  one.logTimeMs < other.logTimeMs || (one.logTimeMs === other.logTimeMs && one.partition < other.partition)
