/** Timers cannot wait longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Resolves after the time, or as soon as the signal aborts. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, Math.min(durationMs, LONGEST_TIMER_MS))
    signal.addEventListener('abort', end, { once: true })
  })
}
