import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const COLLECTOR = fileURLToPath(new URL('../../producer/collect/main.ts', import.meta.url))

/** A collector process of its own, which the end of the test ends. */
export interface RunningCollector {
  /** Where it listens, once it said so. @throws with its output when it ends first */
  readonly url: Promise<string>
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** What it printed so far, both streams. */
  output(): string
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

/** Runs producer/collect/main.ts on a port of its own. @param env nothing else is in its environment */
export function spawnCollector(flags: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCollector {
  const child = spawn(process.execPath, [COLLECTOR, '--port', '0', '--log-file', 'none', ...flags], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code!))
  })
  const url = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk
      const said = /metrics\s+(http:\/\/\S+)\/metrics/.exec(output)
      if (said !== null) resolve(said[1]!)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    ended.then((how) => reject(new Error(`the collector ended with ${how}: ${output}`)))
  })
  // Whoever only waits for the end does not ask.
  url.catch(() => undefined)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    url,
    ended,
    output: () => output,
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}
