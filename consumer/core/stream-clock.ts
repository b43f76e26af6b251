import type { Hash64 } from '../contract/hash.ts'

/** Rules of stream time and lateness. Milliseconds. */
export interface TimeOptions {
  /** How far behind stream time an event may be; Infinity never drops one. */
  readonly allowedLatenessMs: number
  /** How far past log time an event's own time may lie before it is rejected. */
  readonly futureToleranceMs: number
  /** How far ahead of stream time one user alone may move it. */
  readonly aheadLimitMs: number
  /** So many distinct users that far ahead move it together. */
  readonly aheadUsers: number
}

/** The furthest time of a user who is too far ahead to be believed alone. */
interface AheadUser {
  lo: number
  hi: number
  timeMs: number
}

/**
 * Stream time of one partition and the watermark, stream time - allowed lateness. Neither regresses. Epoch
 * milliseconds; -Infinity before the first event.
 */
export interface StreamClock {
  streamTimeMs: number
  watermarkMs: number
  /** Log time when stream time moved last. */
  movedAtLogTimeMs: number
  /** Fewer than `aheadUsers` entries between events: stream time moves as soon as there are enough. */
  ahead: AheadUser[]
}

export const newStreamClock = (): StreamClock => ({
  streamTimeMs: Number.NEGATIVE_INFINITY,
  watermarkMs: Number.NEGATIVE_INFINITY,
  movedAtLogTimeMs: Number.NEGATIVE_INFINITY,
  ahead: [],
})

/**
 * Lets an accepted event move stream time, to no later than its log time. One that lies further ahead than the limit
 * counts but is not believed until enough distinct users are there: one broken clock must not make everybody else
 * late for ever. Where the log itself stamps the time, time that passed in the log since the last move is believed
 * too: after a quiet night the first visitor is no broken clock.
 */
export function observe(
  clock: StreamClock,
  options: TimeOptions,
  eventTimeMs: number,
  logTimeMs: number,
  appendTime: boolean,
  user: Hash64,
): void {
  const timeMs = eventTimeMs < logTimeMs ? eventTimeMs : logTimeMs
  if (timeMs <= clock.streamTimeMs) return
  let believedMs = clock.streamTimeMs + options.aheadLimitMs
  if (appendTime && logTimeMs > clock.movedAtLogTimeMs) believedMs += logTimeMs - clock.movedAtLogTimeMs
  if (timeMs <= believedMs || clock.streamTimeMs === Number.NEGATIVE_INFINITY) {
    move(clock, options, timeMs, logTimeMs)
    return
  }
  believeTogether(clock, options, timeMs, logTimeMs, user)
}

function believeTogether(
  clock: StreamClock,
  options: TimeOptions,
  timeMs: number,
  logTimeMs: number,
  user: Hash64,
): void {
  const { ahead } = clock
  const known = ahead.find((entry) => entry.lo === user.lo && entry.hi === user.hi)
  if (known === undefined) ahead.push({ lo: user.lo, hi: user.hi, timeMs })
  else if (timeMs > known.timeMs) known.timeMs = timeMs
  if (ahead.length >= options.aheadUsers) {
    move(clock, options, Math.min(...ahead.map((entry) => entry.timeMs)), logTimeMs)
  }
}

/** Moves stream time on without an event (idle advance); the log's time is taken to have passed as well. */
export function advance(clock: StreamClock, options: TimeOptions, streamTimeMs: number): void {
  // Before the first event there is no time that could have passed.
  if (streamTimeMs <= clock.streamTimeMs || clock.streamTimeMs === Number.NEGATIVE_INFINITY) return
  move(clock, options, streamTimeMs, clock.movedAtLogTimeMs + (streamTimeMs - clock.streamTimeMs))
}

function move(clock: StreamClock, options: TimeOptions, streamTimeMs: number, logTimeMs: number): void {
  clock.streamTimeMs = streamTimeMs
  clock.movedAtLogTimeMs = logTimeMs
  const watermarkMs = streamTimeMs - options.allowedLatenessMs
  if (watermarkMs > clock.watermarkMs) clock.watermarkMs = watermarkMs
  if (clock.ahead.length > 0) forgetBelieved(clock, options)
}

function forgetBelieved(clock: StreamClock, { aheadLimitMs }: TimeOptions): void {
  clock.ahead = clock.ahead.filter((entry) => entry.timeMs > clock.streamTimeMs + aheadLimitMs)
}
