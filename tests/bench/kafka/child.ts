import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A program under measurement. It is ended when this process ends. */
export interface Child {
  readonly pid: number
  /** The first line it prints that matches. @throws with what it wrote to standard error when it ends first */
  line(pattern: RegExp): Promise<RegExpExecArray>
  kill(): Promise<void>
}

/** Runs a program of this repository with the same Node, and with nothing in its environment. */
export function startChild(program: string, flags: readonly string[], nodeFlags: readonly string[] = []): Child {
  const child = spawn(process.execPath, [...nodeFlags, program, ...flags], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line))
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk
  })
  const killWithUs = (): boolean => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.off('exit', killWithUs)
      resolve()
    })
  })
  return {
    pid: child.pid!,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (line: string): void => {
          const match = pattern.exec(line)
          if (match !== null) resolve(match)
        }
        for (const line of lines) look(line)
        reader.on('line', look)
        ended.then(() => reject(new Error(`${program} ended: ${complaints.slice(-2_000)}`)))
      }),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
