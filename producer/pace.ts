import type { GeneratedRecord, Generator } from './generator.ts'

export interface PacingOptions {
  generator: Generator
  /** Records per second, 0 or more; 0 produces nothing. */
  ratePerSecond: number
  append(records: readonly GeneratedRecord[]): Promise<void>
  /** Epoch milliseconds. Set back, it silences the producer until it has caught up: event times never run backwards. */
  now(): number
  /** Told of every failure; the same records are then tried again. */
  onError(error: unknown): void
}

export interface Pacing {
  /** Resolves once the append under way has ended; nothing is appended after that, not even what failed. */
  stop(): Promise<void>
  /** Records appended so far. */
  produced(): number
}

const TICK_MS = 100
const RETRY_MS = 500
/** What a slow log leaves behind beyond this is never produced: memory and the burst afterwards stay bounded. */
const LONGEST_BACKLOG_MS = 5_000
const LARGEST_BATCH = 5_000

/**
 * Produces at a steady rate until stopped. One append at a time, so a slow log slows the producer down. An append that
 * failed may have been stored all the same: it is repeated with the same ids, and dedupe absorbs the copies.
 * @throws {RangeError} when `ratePerSecond` is not a number of at least 0.
 */
export function startPacing({ generator, ratePerSecond, append, now, onError }: PacingOptions): Pacing {
  if (!Number.isFinite(ratePerSecond) || ratePerSecond < 0) {
    throw new RangeError(`ratePerSecond must be a number of at least 0, not ${ratePerSecond}`)
  }
  const longestStepMs = Math.max(1, Math.floor((1000 * LARGEST_BATCH) / ratePerSecond))
  let coveredMs = Math.floor(now())
  let owed = 0
  let produced = 0
  let stopped = false
  let endPause = (): void => {}

  function takeDue(): readonly GeneratedRecord[] {
    const nowMs = Math.floor(now())
    const fromMs = Math.max(coveredMs, nowMs - LONGEST_BACKLOG_MS)
    const toMs = Math.min(nowMs, fromMs + longestStepMs)
    if (toMs <= fromMs) return []
    coveredMs = toMs
    owed += (ratePerSecond * (toMs - fromMs)) / 1000
    const count = Math.floor(owed)
    owed -= count
    return count === 0 ? [] : generator.next(count, fromMs, toMs)
  }

  function pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, durationMs)
      endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function produce(): Promise<void> {
    let pending: readonly GeneratedRecord[] = []
    while (!stopped) {
      try {
        if (pending.length === 0) pending = takeDue()
        if (pending.length > 0) await append(pending)
        produced += pending.length
        pending = []
      } catch (error) {
        onError(error)
        if (!stopped) await pause(RETRY_MS)
        continue
      }
      const behind = now() - coveredMs >= TICK_MS
      if (!stopped) await pause(behind ? 0 : TICK_MS)
    }
  }

  const production = produce()
  return {
    stop() {
      stopped = true
      endPause()
      return production
    },
    produced: () => produced,
  }
}
