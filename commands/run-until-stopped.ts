const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const INTERRUPTED = 130
/** Ctrl-C reaches a command twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1_000

export interface Running {
  stop(): Promise<void>
  /** Resolves when all is done that was to be done: what follows is as after a signal. */
  readonly finished?: Promise<unknown>
  /** Resolves when going on makes no sense; the reason ends the process. */
  readonly failed?: Promise<Error>
}

/**
 * Starts something that runs until it has finished or a signal asks for its end, then stops it in an orderly way and
 * lets the process end with code 0; another signal a second later or more ends it at once. What cannot start, go on or
 * stop is said in one line, with code 1.
 */
export async function runUntilStopped(start: () => Promise<Running>): Promise<void> {
  let running: Running | undefined
  let askedAtMs: number | undefined
  const onSignal = (): void => {
    if (askedAtMs !== undefined) {
      if (performance.now() - askedAtMs < SAME_SIGNAL_MS) return
      process.exit(INTERRUPTED)
    }
    askedAtMs = performance.now()
    if (running !== undefined) end(running)
  }
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  try {
    running = await start()
    const { stop, failed, finished } = running
    failed?.then((error) => stop().finally(() => fail(error)))
    finished?.then(() => end({ stop }))
    if (askedAtMs !== undefined) end(running)
  } catch (error) {
    fail(error)
  }
}

function end({ stop }: Running): void {
  stop().then(() => process.exit(0), fail)
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
