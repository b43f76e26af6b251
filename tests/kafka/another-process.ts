import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** A module run by a process of its own; it finds what lies in tests/kafka beside it. */
export function inAnotherProcess(script: string, env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

/** What it said first, which is JSON. */
export async function firstLineOf<Line>(child: ChildProcess): Promise<Line> {
  for await (const line of createInterface(child.stdout!)) return JSON.parse(line)
  throw new Error('the process ended without a word')
}
