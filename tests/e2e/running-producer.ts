import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { until } from '../running-start.ts'

export const PRODUCER = fileURLToPath(new URL('../../producer/main.ts', import.meta.url))

/** A producer process of its own, which the end of the test ends. */
export interface RunningProducer {
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  stdout(): string
  stderr(): string
  /** Waits until one of its outputs says so. */
  says(text: string | RegExp): Promise<void>
  /** How many events its console told of last. */
  events(): number
  /** Waits until its console tells of so many events. */
  produced(events: number): Promise<void>
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

/** Runs producer/main.ts with the flags and a line of progress five times a second; nothing is in its environment. */
export function spawnProducer(flags: readonly string[]): RunningProducer {
  const own = ['--log-file', 'none', '--summary-interval', '200ms', '--expected-port', '0']
  const child = spawn(process.execPath, [PRODUCER, ...own, ...flags], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code!))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    async says(text) {
      await until(
        async () => ([stdout, stderr].some((output) => output.match(text) !== null) ? true : undefined),
        `the producer to say ${text}`,
      )
    },
    events: () => eventsIn(stdout),
    async produced(events) {
      await until(async () => (eventsIn(stdout) >= events ? true : undefined), `${events} events to be produced`)
    },
    async end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/** As the last line of progress says. */
function eventsIn(stdout: string): number {
  const last = [...stdout.matchAll(/^\d\d:\d\d:\d\d {2}([\d,]+) events, [\d,.]+ a second, .*$/gm)].at(-1)
  return last === undefined ? 0 : Number(last[1]!.replaceAll(',', ''))
}
