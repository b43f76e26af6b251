import type { Effects } from '../faults/effects.ts'
import type { Random } from '../random.ts'
import { dayFactor } from './day-curve.ts'
import { exponential } from './exponential.ts'

/** The rate is held for so long: short beside any scenario, long beside the cost of asking for it. */
const SLICE_MS = 100

export interface ArrivalOptions {
  /** Average over an undisturbed day. */
  readonly visitsPerSecond: number
  /** 24 factors with mean 1, see {@link dayFactor}. */
  readonly dayCurve: readonly number[]
  readonly startMs: number
  readonly effects: { at(timeMs: number): Effects }
  readonly random: Random
}

/** When visits begin: each at a random moment, independent of all others (a Poisson process). */
export interface Arrivals {
  /** The time of the next visit when it begins by `limitMs`, else Infinity. Epoch ms, whole. Asking changes nothing. */
  nextBy(limitMs: number): number
  /** The next visit has begun: the one after it is next. */
  take(): void
}

/**
 * The rate follows the day curve and the effects. The random waiting time is used up slice by slice, as fast as the
 * rate of each slice says; slices are counted from the start, so it does not matter how often anybody asks.
 */
export function createArrivals({ visitsPerSecond, dayCurve, startMs, effects, random }: ArrivalOptions): Arrivals {
  const perMs = visitsPerSecond / 1000
  let sliceMs = startMs
  let rate = rateAt(startMs)
  let usedMs = 0
  let waiting = exponential(random)
  let foundMs: number | undefined

  function rateAt(timeMs: number): number {
    const { arrivals, botVisits } = effects.at(timeMs)
    return perMs * dayFactor(dayCurve, timeMs) * (arrivals + botVisits)
  }

  function find(limitMs: number): void {
    while (sliceMs <= limitMs) {
      const offered = rate * (SLICE_MS - usedMs)
      if (waiting < offered) {
        usedMs += waiting / rate
        foundMs = sliceMs + Math.floor(usedMs)
        return
      }
      waiting -= offered
      sliceMs += SLICE_MS
      usedMs = 0
      rate = rateAt(sliceMs)
    }
  }

  return {
    nextBy(limitMs) {
      // Where nobody ever comes, the search would not end.
      if (foundMs === undefined && perMs > 0) find(limitMs)
      return foundMs !== undefined && foundMs <= limitMs ? foundMs : Number.POSITIVE_INFINITY
    },
    take() {
      foundMs = undefined
      waiting = exponential(random)
    },
  }
}
