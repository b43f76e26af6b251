import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const START = fileURLToPath(new URL('../commands/start.ts', import.meta.url))

/** A `start` process of its own, on a port of its own. */
export interface RunningStart {
  readonly process: ChildProcess
  readonly url: string
  /** What it printed so far, both streams. */
  output(): string
  /** Sends the signal and waits for the end: its exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

/** Spawns `start` with the flags and waits until it says where it listens. @throws with its output when it ends first */
export async function spawnStart(flags: readonly string[]): Promise<RunningStart> {
  const child = spawn(process.execPath, [START, '--port', '0', '--log-file', 'none', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0))
  })
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk
      const match = /metrics\s+(http:\/\/\S+)\/metrics/.exec(output)
      if (match !== null) resolve(match[1]!)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`start ended with ${code}: ${output}`)))
  })
  return {
    process: child,
    url,
    output: () => output,
    async end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/** Asks until the answer is there, and fails with the last one when it takes too long. */
export async function until<Answer>(ask: () => Promise<Answer | undefined>, what: string): Promise<Answer> {
  const givenUpAt = Date.now() + 60_000
  for (;;) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined) return answer
    if (Date.now() > givenUpAt) throw new Error(`waited a minute for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
