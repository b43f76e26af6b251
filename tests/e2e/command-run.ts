import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface Finished {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunWords {
  /** Nothing else is in the environment. */
  env?: Record<string, string>
  /** What standard input holds; it is empty unless given. */
  stdin?: Uint8Array
  /** Closes our end of its standard output after so many bytes, as `head` does. */
  closeStdoutAfter?: number
}

const DEADLINE_MS = 60_000

/** Runs commands/NAME.ts as npm does and waits for its end; a run that hangs is killed and shows its signal. */
export function runCommand(name: string, args: readonly string[], words: RunWords = {}): Promise<Finished> {
  const child = spawn(process.execPath, [join(import.meta.dirname, `../../commands/${name}.ts`), ...args], {
    env: words.env ?? {},
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  let received = 0
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk)
    received += chunk.length
    if (words.closeStdoutAfter !== undefined && received >= words.closeStdoutAfter) child.stdout.destroy()
  })
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(words.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) =>
      resolve({ exitCode, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    )
  })
}

/** Writes files into a folder of their own, gone when the test is over; gives their paths in the given order. */
export function someFiles(contents: Readonly<Record<string, string | Uint8Array>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return Object.entries(contents).map(([name, content]) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  })
}

export const ndjson = (records: readonly unknown[]): string =>
  records.map((record) => `${typeof record === 'string' ? record : JSON.stringify(record)}\n`).join('')
