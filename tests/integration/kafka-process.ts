import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const CONSUMER = fileURLToPath(new URL('../../consumer/main.ts', import.meta.url))

/** A consumer process of its own, which the end of the test ends. */
export interface ConsumerProcess {
  /** Where it listens, once it said so. @throws with its output when it ends first */
  readonly url: Promise<string>
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  stdout(): string
  stderr(): string
  signal(signal: NodeJS.Signals): void
}

/** Runs consumer/main.ts on a port of its own. @param env nothing else is in its environment */
export function spawnConsumer(flags: readonly string[], env: Readonly<Record<string, string>> = {}): ConsumerProcess {
  const child = spawn(process.execPath, [CONSUMER, '--port', '0', '--log-file', 'none', ...flags], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code!))
  })
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
      const said = /metrics\s+(http:\/\/\S+)\/metrics/.exec(stdout)
      if (said !== null) resolve(said[1]!)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk
    })
    ended.then((how) => reject(new Error(`the consumer ended with ${how}: ${stdout}${stderr}`)))
  })
  // Whoever only waits for the end does not ask.
  url.catch(() => undefined)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { url, ended, stdout: () => stdout, stderr: () => stderr, signal: (signal) => void child.kill(signal) }
}
