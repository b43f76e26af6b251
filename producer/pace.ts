import type { DueRecords } from './due-records.ts'
import { ReaderGone, SinkRefused, TryLater } from './sinks/sink.ts'
import type { SyntheticRecord } from './synthetic-record.ts'

export interface PacingOptions {
  readonly records: DueRecords
  append(records: readonly SyntheticRecord[]): Promise<void>
  /** Told of every failure after which the same records are tried again. */
  onError(error: unknown): void
}

export interface Pacing {
  /** Resolves at the end of the records, after {@link stop}, or with the reason why no more are taken. */
  readonly ended: Promise<SinkRefused | ReaderGone | undefined>
  /** Resolves once the append under way has ended; nothing is appended after that, not even what failed. */
  stop(): Promise<void>
  /** Records appended so far. */
  produced(): number
}

const TICK_MS = 100
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 8_000

/**
 * Appends records as they become due. One append at a time, so a slow log slows the producer down. An append that failed
 * may have been stored all the same: it is repeated with the same ids, and dedupe absorbs the copies.
 */
export function startPacing({ records, append, onError }: PacingOptions): Pacing {
  let produced = 0
  let stopped = false
  let endPause = (): void => {}

  function pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, durationMs)
      endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function produce(): Pacing['ended'] {
    let pending: readonly SyntheticRecord[] = []
    let failures = 0
    while (!stopped) {
      try {
        if (pending.length === 0) {
          const due = records.next()
          if (due === undefined) return undefined
          pending = due
        }
        if (pending.length > 0) await append(pending)
        produced += pending.length
        pending = []
        failures = 0
      } catch (error) {
        if (error instanceof SinkRefused || error instanceof ReaderGone) return error
        onError(error)
        failures += 1
        if (!stopped) await pause(retryMs(error, failures))
        continue
      }
      if (!stopped) await pause(records.isBehind ? 0 : TICK_MS)
    }
    return undefined
  }

  const ended = produce()
  return {
    ended,
    async stop() {
      stopped = true
      endPause()
      await ended
    },
    produced: () => produced,
  }
}

/** How long to wait before what failed is tried again, for the so many-th time. Milliseconds. */
export function retryMs(error: unknown, failures: number): number {
  if (error instanceof TryLater && error.afterMs !== undefined) return error.afterMs
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS)
}
