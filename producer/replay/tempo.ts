/** When records are due. Asked once for each, in the order they are sent. All times are milliseconds. */
export interface Tempo {
  /** In words that follow "as": `fast as it gets`. */
  readonly inWords: string
  /**
   * The moment, on the clock of `nowMs`, at which the record is due; one that has passed where it is behind.
   * @param eventTimeMs undefined where the record tells no time: it goes with the one before
   */
  due(eventTimeMs: number | undefined, nowMs: number): number
}

/** What a slow receiver leaves behind beyond this is not made up for: the burst afterwards stays bounded. */
const LONGEST_BACKLOG_MS = 1_000

export const AT_ONCE: Tempo = { inWords: 'as fast as it gets', due: (_eventTimeMs, nowMs) => nowMs }

/** So many records a second, whatever their times say. */
export function atRate(perSecond: number): Tempo {
  let nextMs: number | undefined
  return {
    inWords: `${perSecond} records a second`,
    due(_eventTimeMs, nowMs) {
      const dueMs = Math.max(nextMs ?? nowMs, nowMs - LONGEST_BACKLOG_MS)
      nextMs = dueMs + 1_000 / perSecond
      return dueMs
    },
  }
}

/** As it happened, `factor` times as fast. A record older than one before it is due together with that. */
export function asItHappened(factor: number): Tempo {
  let latest: { eventTimeMs: number; dueMs: number } | undefined
  return {
    inWords: factor === 1 ? 'as fast as it happened' : `${factor} times as fast as it happened`,
    due(eventTimeMs, nowMs) {
      if (latest === undefined) {
        if (eventTimeMs !== undefined) latest = { eventTimeMs, dueMs: nowMs }
        return nowMs
      }
      latest.dueMs = Math.max(latest.dueMs, nowMs - LONGEST_BACKLOG_MS)
      if (eventTimeMs !== undefined && eventTimeMs > latest.eventTimeMs) {
        latest.dueMs += (eventTimeMs - latest.eventTimeMs) / factor
        latest.eventTimeMs = eventTimeMs
      }
      return latest.dueMs
    },
  }
}

/** @param speed undefined for as fast as it gets @param rate records a second; undefined where the speed decides */
export function tempoOf(speed: number | undefined, rate: number | undefined): Tempo {
  if (rate !== undefined) return atRate(rate)
  return speed === undefined ? AT_ONCE : asItHappened(speed)
}
