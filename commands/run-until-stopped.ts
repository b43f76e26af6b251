const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const
const INTERRUPTED = 130

/**
 * Starts something that runs until a signal asks for its end, then stops it in an orderly way and lets the process
 * end with code 0; a second signal ends it at once. What cannot start is said in one line, with code 1.
 */
export async function runUntilStopped(start: () => Promise<() => Promise<void>>): Promise<void> {
  let stop: (() => Promise<void>) | undefined
  let asked = false
  const onSignal = (): void => {
    if (asked) process.exit(INTERRUPTED)
    asked = true
    if (stop !== undefined) end(stop)
  }
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  try {
    stop = await start()
    if (asked) end(stop)
  } catch (error) {
    fail(error)
  }
}

function end(stop: () => Promise<void>): void {
  stop().then(() => process.exit(0), fail)
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
