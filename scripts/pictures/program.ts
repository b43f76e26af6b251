import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Program {
  /** The first group of the pattern that it was started with. Rejects when the program ends before it prints that. */
  readonly announced: Promise<string>
  /** Resolves with the way it ended, in words. */
  readonly ended: Promise<string>
  /** Lets it end by itself; kills it when that takes too long. */
  stop(): Promise<void>
}

const LONGEST_STOP_MS = 20_000
const LAST_LINES = 20

/** Starts a program that prints a line with the pattern in it, on either stream, once it serves. */
export function startProgram(command: string, flags: readonly string[], pattern: RegExp): Program {
  const child = spawn(command, flags, { stdio: ['ignore', 'pipe', 'pipe'] })
  const killWithUs = (): boolean => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const lastLines: string[] = []
  let hasEnded = false
  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      process.off('exit', killWithUs)
      hasEnded = true
      resolve(`${basename(command)} ${how}`)
    }
    child.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      end(code === 'ENOENT' ? 'is not installed: install it, or name a running Prometheus with --prometheus' : message),
    )
    child.once('close', (code, by) => end(`ended with ${by ?? `exit code ${code}`}:\n${lastLines.join('\n')}`))
  })
  const announced = new Promise<string>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        lastLines.push(line)
        if (lastLines.length > LAST_LINES) lastLines.shift()
        const match = pattern.exec(line)
        if (match !== null) resolve(match[1]!)
      })
    }
    void ended.then((how) => reject(new Error(how)))
  })
  return {
    announced,
    ended,
    async stop() {
      if (hasEnded) return
      child.kill('SIGTERM')
      const givenUp = new AbortController()
      const killing = sleep(LONGEST_STOP_MS, undefined, givenUp).then(() => child.kill('SIGKILL'))
      await ended
      givenUp.abort()
      await killing.catch(() => undefined)
    },
  }
}
