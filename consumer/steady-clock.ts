/**
 * Milliseconds that never go back: for how long ago something was. They follow the clock forward, so that time spent
 * suspended counts, and the monotonic clock where the clock is set back.
 */
export function steadyClock(wallMs: () => number, monotonicMs: () => number): () => number {
  let aheadMs = Number.NEGATIVE_INFINITY
  return () => {
    const monotonic = monotonicMs()
    aheadMs = Math.max(aheadMs, wallMs() - monotonic)
    return monotonic + aheadMs
  }
}
