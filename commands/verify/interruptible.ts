const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const INTERRUPTED = 130
/** Ctrl-C reaches a command twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1_000

/**
 * Does the work and resolves with the exit code it gives. A signal aborts it, so that it clears up and ends with 130;
 * another signal a second later or more ends the process at once.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const interrupting = new AbortController()
  let askedAtMs: number | undefined
  const onSignal = (): void => {
    if (askedAtMs === undefined) askedAtMs = performance.now()
    else if (performance.now() - askedAtMs >= SAME_SIGNAL_MS) process.exit(INTERRUPTED)
    interrupting.abort(new Error('interrupted'))
  }
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  try {
    return await work(interrupting.signal)
  } catch (error) {
    if (!interrupting.signal.aborted) throw error
    return INTERRUPTED
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal)
  }
}
