import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { until } from '../running-start.ts'

export interface RunningReplay {
  readonly process: ChildProcessWithoutNullStreams
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  stdout(): string
  stderr(): string
  /** Waits until one of its outputs says so. */
  says(text: string | RegExp): Promise<void>
}

/** Runs producer/replay/NAME.ts, which the end of the test ends; nothing else is in its environment. */
export function spawnReplay(
  name: 'main' | 'pageviews',
  args: readonly string[],
  env: Record<string, string> = {},
): RunningReplay {
  const script = fileURLToPath(new URL(`../../producer/replay/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [script, ...args], { env })
  const outputs = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      outputs[stream] += chunk
    })
  }
  child.stdin.on('error', () => {})
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code!))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    process: child,
    ended,
    stdout: () => outputs.stdout,
    stderr: () => outputs.stderr,
    async says(text) {
      await until(
        async () => (Object.values(outputs).some((output) => output.match(text) !== null) ? true : undefined),
        `the replay to say ${text}`,
      )
    },
  }
}
