import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { POSITION } from './state-series.ts'

const MAIN = fileURLToPath(new URL('../../consumer/main.ts', import.meta.url))
const LONGEST_STOP_MS = 30_000
const METRICS = /^\s*metrics\s+(http:\S+)\/metrics$/
const ERROR_TAIL = 1_000

/** A consumer as an operator runs it: a process of its own, with this one's environment. */
export class ConsumerProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #url: string | undefined
  #said = ''
  #end: string | undefined
  #owns = false

  constructor(flags: readonly string[]) {
    const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    const killWithUs = (): boolean => child.kill('SIGKILL')
    process.once('exit', killWithUs)
    this.#ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        process.off('exit', killWithUs)
        this.#end = `${signal ?? `exit code ${code}`}`
        resolve()
      })
    })
    createInterface(child.stdout!).on('line', (line) => {
      this.#url ??= METRICS.exec(line)?.[1]
    })
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk}`.slice(-ERROR_TAIL)
    })
  }

  /** Whether its last page showed a partition. */
  get owns(): boolean {
    return this.#owns
  }

  /** Its page of metrics; undefined while it serves none. @throws when it has ended, with what it said last */
  async page(signal: AbortSignal): Promise<string | undefined> {
    if (this.#end !== undefined) throw new Error(`a consumer ended (${this.#end}): ${this.#said.trim()}`)
    if (this.#url === undefined) return undefined
    try {
      const answer = await fetch(`${this.#url}/metrics`, { signal })
      if (!answer.ok) return undefined
      const page = await answer.text()
      this.#owns = page.includes(`\n${POSITION}{`)
      return page
    } catch {
      signal.throwIfAborted()
      return undefined
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Lets it save its state and leave the group; kills it when that takes too long. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const givenUp = new AbortController()
    const killing = sleep(LONGEST_STOP_MS, undefined, givenUp).then(() => this.#child.kill('SIGKILL'))
    await this.#ended
    givenUp.abort()
    await killing.catch(() => undefined)
  }
}
