import { RefusedSettings } from '../consumer/settings/fault.ts'
import type { Settings } from '../consumer/settings/settings.ts'
import { TRAFFIC_TABLE } from '../consumer/settings/traffic-settings.ts'

/** How event time follows the clock. All times are epoch milliseconds. */
export interface EventClock {
  /** Event time of the beginning. */
  readonly startMs: number
  /** The moment of the beginning. */
  readonly beganAtMs: number
  /** Event time at a moment, which is never after the moment itself. */
  at(nowMs: number): number
}

const DAY_MS = 86_400_000

/**
 * Event time that begins at `fromMs` and runs `speed` times as fast as the clock until it has reached the present; from
 * then on it is the present. Unless given, the beginning is now; with a speed beyond 1 it is so far back that the present
 * is reached at the end of the duration, or a day back.
 * @throws {RefusedSettings} when the beginning lies in the future
 */
export function eventClock(
  { speed, fromMs, durationMs }: Settings<'speed' | 'fromMs' | 'durationMs'>,
  nowMs: number,
): EventClock {
  const beganAtMs = Math.floor(nowMs)
  const backMs = speed === 1 ? 0 : durationMs === undefined ? DAY_MS : Math.round((speed - 1) * durationMs)
  const startMs = fromMs ?? Math.max(0, beganAtMs - backMs)
  if (startMs > beganAtMs) {
    const { flag } = TRAFFIC_TABLE.fromMs
    const value = new Date(startMs).toISOString()
    throw new RefusedSettings([{ setting: flag, value, fix: 'lies in the future, write a time that has passed' }])
  }
  return {
    startMs,
    beganAtMs,
    at: (atMs) => Math.floor(Math.min(startMs + speed * (atMs - beganAtMs), atMs)),
  }
}
