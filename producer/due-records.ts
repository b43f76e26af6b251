import type { EventClock } from './event-clock.ts'
import type { Traffic } from './journeys/traffic.ts'
import type { SyntheticRecord } from './synthetic-record.ts'

/** Records as they become due, in the order they are sent. */
export interface DueRecords {
  /** The next ones, at most a batch; empty while none is due; undefined when there will be no more. */
  next(): readonly SyntheticRecord[] | undefined
  /** Whether more may be due at once. */
  readonly isBehind: boolean
  /** Records left out because they were due too long ago. */
  readonly skipped: number
}

/** What a slow log leaves behind beyond this is left out: the burst afterwards stays bounded. */
const LONGEST_BACKLOG_MS = 5_000
const LARGEST_BATCH = 5_000

export interface LiveOptions {
  readonly traffic: Traffic
  readonly clock: EventClock
  /** Epoch milliseconds. Set back, it silences the producer until it has caught up: event times never run backwards. */
  readonly now: () => number
  /** After which none is due any more; undefined for never. */
  readonly durationMs: number | undefined
  /** Whether what was due too long ago is left out: it should where event time is the time. */
  readonly skips: boolean
}

/** Records due by the clock. */
export function liveRecords({ traffic, clock, now, durationMs, skips }: LiveOptions): DueRecords {
  const endMs = durationMs === undefined ? Number.POSITIVE_INFINITY : clock.beganAtMs + durationMs
  let isBehind = false
  let skipped = 0

  return {
    next() {
      const nowMs = Math.min(now(), endMs)
      const taken = traffic.take(LARGEST_BATCH, clock.at(nowMs))
      isBehind = taken.length === LARGEST_BATCH
      if (taken.length === 0 && nowMs >= endMs) return undefined
      const oldestMs = clock.at(nowMs - LONGEST_BACKLOG_MS)
      if (!skips || taken.length === 0 || taken[0]!.timeMs >= oldestMs) return taken
      const due = taken.filter(({ timeMs }) => timeMs >= oldestMs)
      skipped += taken.length - due.length
      return due
    },
    get isBehind() {
      return isBehind
    },
    get skipped() {
      return skipped
    },
  }
}

/** The first `events` records, as fast as they are taken. */
export function countedRecords(traffic: Traffic, events: number): DueRecords {
  let left = events
  return {
    next() {
      if (left === 0) return undefined
      const taken = traffic.take(Math.min(LARGEST_BATCH, left), Number.POSITIVE_INFINITY)
      left -= taken.length
      return taken
    },
    isBehind: true,
    skipped: 0,
  }
}
