import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { until } from '../running-start.ts'

/** A process of this run. It ends with the process that started it, and what it says is in its log file. */
export class OwnProcess {
  readonly name: string
  readonly #logFile: string
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #end: string | undefined

  constructor(name: string, program: string, flags: readonly string[], logFile: string) {
    this.name = name
    this.#logFile = logFile
    const log = openSync(logFile, 'w')
    const child = spawn(program, flags, { env: {}, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child = child
    const killWithUs = (): boolean => child.kill('SIGKILL')
    process.once('exit', killWithUs)
    this.#ended = new Promise((resolve) => {
      const onEnd = (how: string): void => {
        process.off('exit', killWithUs)
        this.#end = how
        resolve()
      }
      child.once('error', ({ message }) => onEnd(message))
      child.once('exit', (code, signal) => onEnd(`it ended with ${signal ?? code}`))
    })
  }

  /** What it said so far. */
  get said(): string {
    return readFileSync(this.#logFile, 'utf8')
  }

  /** Why it does not run any more; undefined while it does. */
  get fault(): string | undefined {
    return this.#end && `${this.name}: ${this.#end}: ${this.said.slice(-1_000)}`
  }

  /** Resolves once the condition holds. @throws with the end of its log when the process ends before */
  async until(holds: () => Promise<boolean>, what: string): Promise<void> {
    await Promise.race([
      until(async () => (await holds()) || undefined, `${this.name} ${what}`),
      this.#ended.then(() => Promise.reject(new Error(this.fault))),
    ])
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }
}
