import type { Pipeline } from './core/pipeline.ts'
import { END_MS, ROW_DOUBLES } from './core/sessions.ts'

/** A quiet partition: since when, and what its stream time was. All epoch milliseconds. */
interface Quiet {
  readonly sinceMs: number
  readonly streamTimeMs: number
  /** End of the last open session: nothing has to close after it. */
  readonly lastEndMs: number
}

/**
 * Moves stream time on where no event does, so that the last sessions of a partition that went quiet close. Only by
 * the time that has really passed, not to the wall clock: a replay of old data must not become late. Only while it
 * starts or closes a session, and no further than the last one needs.
 */
export class IdleAdvance {
  readonly #afterMs: number
  #quiet: Quiet | undefined

  /** @param afterMs how long a partition must have been quiet */
  constructor(afterMs: number) {
    this.#afterMs = afterMs
  }

  /** A record came, or a read failed: quiet begins anew. */
  interrupted(): void {
    this.#quiet = undefined
  }

  /** To be asked whenever a read found the end of the log. The stream time to move to, or undefined. */
  due(pipeline: Pipeline, nowMs: number): number | undefined {
    const { clock, sessions } = pipeline.state
    const { allowedLatenessMs, sessionGapMs } = pipeline.options
    // A clock that was set back tells nothing of how long it was quiet.
    if (this.#quiet !== undefined && nowMs < this.#quiet.sinceMs) this.interrupted()
    this.#quiet ??= { sinceMs: nowMs, streamTimeMs: clock.streamTimeMs, lastEndMs: lastEndMs(sessions) }
    const quietMs = nowMs - this.#quiet.sinceMs
    if (quietMs < this.#afterMs) return undefined
    const lastNeedMs = this.#quiet.lastEndMs + sessionGapMs + allowedLatenessMs + 1
    const targetMs = Math.min(this.#quiet.streamTimeMs + quietMs, lastNeedMs)
    if (!Number.isFinite(targetMs) || targetMs <= clock.streamTimeMs) return undefined
    return pipeline.nextDueMs() <= targetMs - allowedLatenessMs ? targetMs : undefined
  }
}

/** Looks at every open session, which is why it is asked for once when quiet begins and never with a record. */
function lastEndMs(sessions: Pipeline['state']['sessions']): number {
  let last = Number.NEGATIVE_INFINITY
  sessions.forEachOpen((slot) => {
    last = Math.max(last, sessions.doubles[slot * ROW_DOUBLES + END_MS]!)
  })
  return last
}
