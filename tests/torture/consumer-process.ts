import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../consumer/main.ts', import.meta.url))
const LONGEST_STOP_MS = 60_000
const METRICS = /^\s*metrics\s+(http:\S+)\/metrics$/

/** One consumer as an operator runs it: a process of its own, known by its signals and its pages. */
export class ConsumerProcess {
  readonly name: string
  /** Where it serves; undefined when it ended before it did. */
  readonly url: Promise<string | undefined>
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  readonly #child: ChildProcess
  #asked: 'SIGKILL' | 'SIGTERM' | undefined
  #said = ''

  constructor(name: string, flags: readonly string[]) {
    this.name = name
    const child = spawn(process.execPath, [MAIN, ...flags], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    const killWithUs = (): boolean => child.kill('SIGKILL')
    process.once('exit', killWithUs)
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        process.off('exit', killWithUs)
        resolve(signal ?? code ?? 0)
      })
    })
    this.url = new Promise((resolve) => {
      createInterface(child.stdout!).on('line', (line) => {
        const match = METRICS.exec(line)
        if (match !== null) resolve(match[1])
      })
      this.ended.then(() => resolve(undefined))
    })
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#said += chunk
    })
  }

  /** The end of what it wrote to standard error. */
  get said(): string {
    return this.#said.slice(-1_000)
  }

  kill(): void {
    this.#asked = 'SIGKILL'
    this.#child.kill('SIGKILL')
  }

  /** Asks it to save its state and end. One that does not even try is killed, and that shows. */
  stop(): void {
    this.#asked = 'SIGTERM'
    this.#child.kill('SIGTERM')
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), LONGEST_STOP_MS)
    this.ended.then(() => clearTimeout(patience))
  }

  stall(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  /** Why its end was none that was asked for; undefined when it was. */
  async fault(): Promise<string | undefined> {
    const how = await this.ended
    if (how === (this.#asked === 'SIGTERM' ? 0 : this.#asked)) return undefined
    return `${this.name} ended with ${how}${this.#asked === undefined ? '' : ` after ${this.#asked}`}: ${this.said}`
  }

  /** Whether every partition it owns is restored and its group is with it. */
  async isReady(): Promise<boolean> {
    const answer = await fetch(`${await this.url}/-/ready`)
    return answer.ok
  }
}
