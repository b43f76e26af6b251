/** By so much the two clocks' readings may differ from each other by chance. */
const UNEVEN_MS = 100

/**
 * Milliseconds that never go back: for how long ago something was. They follow the clock forward, so that time spent
 * suspended counts, and the monotonic clock where the clock is set back.
 */
export function steadyClock(wallMs: () => number, monotonicMs: () => number): () => number {
  let aheadMs = 0
  let differenceMs = 0
  return () => {
    const monotonic = monotonicMs()
    const nowDifferenceMs = wallMs() - monotonic
    if (nowDifferenceMs > differenceMs) aheadMs += nowDifferenceMs - differenceMs
    const wasSetBack = nowDifferenceMs < differenceMs - UNEVEN_MS
    // Else what it is suspended for from now on would only make up for what the clock was set back.
    if (wasSetBack || nowDifferenceMs > differenceMs) differenceMs = nowDifferenceMs
    return monotonic + aheadMs
  }
}
