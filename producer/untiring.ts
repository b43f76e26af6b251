import { setTimeout as sleep } from 'node:timers/promises'
import type { SpokenFault } from '../consumer/spoken-fault.ts'

export interface UntiringOptions {
  readonly signal: AbortSignal
  /** Several that mostly fail together may share one, so that a fault is said once. */
  readonly fault: SpokenFault
  /** Told of a fault when it is time to say it. */
  readonly onFault: (error: unknown) => void
}

/** Pause after a failure, milliseconds. */
export const RETRY_MS = 1_000

/**
 * Does its work again and again until the signal aborts, whatever fails for a while.
 * @param work resolves to how long to wait before the next time, milliseconds
 */
export async function untiring(work: () => Promise<number>, options: UntiringOptions): Promise<void> {
  const { signal, fault, onFault } = options
  while (!signal.aborted) {
    let pauseMs = RETRY_MS
    try {
      pauseMs = await work()
      fault.over()
    } catch (error) {
      if (signal.aborted) return
      if (fault.met(error)) onFault(error)
    }
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}
