import { setTimeout as sleep } from 'node:timers/promises'
import type { NativeBroker } from '../kafka/native-broker.ts'
import { until } from '../running-start.ts'
import { ConsumerProcess } from './consumer-process.ts'
import type { Action, Schedule } from './schedule.ts'

export interface FleetOptions {
  readonly broker: NativeBroker
  readonly flagsOf: (name: string) => readonly string[]
  /** Hears of every consumer as it starts. */
  readonly onStarted: (process: ConsumerProcess) => void
  /** Milliseconds since the run began. */
  readonly nowMs: () => number
}

/** The consumers of a run, and what is done to them and to their broker. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #all: ConsumerProcess[] = []
  readonly #running = new Map<string, ConsumerProcess>()
  readonly #faults: string[] = []
  readonly #stopping: Promise<unknown>[] = []
  #brokerBack: Promise<void> = Promise.resolve()
  #done = 0

  constructor(options: FleetOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running.size
  }

  /** Actions carried out. */
  get done(): number {
    return this.#done
  }

  /** Carries the schedule out. When an action takes longer than planned, all that follow come so much later. */
  async carryOut({ first, actions, endMs }: Schedule): Promise<void> {
    for (const name of first) this.#start(name)
    const effects: Promise<void>[] = []
    let lateMs = 0
    for (const action of actions) {
      await this.#at(action.atMs + lateMs)
      lateMs = this.#options.nowMs() - action.atMs
      effects.push(this.#carryOut(action))
      this.#done++
      // It waits until its target is ready, and what follows counts on it being gone.
      if (action.kind === 'stop') await effects.at(-1)
    }
    await Promise.all(effects)
    await this.#at(endMs + lateMs)
  }

  /** Ends every consumer in good order. Gives what went wrong with any of the whole run. */
  async end(): Promise<string[]> {
    await Promise.all([...this.#running.keys()].map((name) => this.#stop(name)))
    const faults = await Promise.all(this.#all.map((process) => process.fault()))
    return [...this.#faults, ...faults.filter((fault) => fault !== undefined)]
  }

  async #carryOut(action: Action): Promise<void> {
    switch (action.kind) {
      case 'kill':
        this.#leave(action.target).kill()
        await sleep(action.afterMs)
        this.#start(action.successor)
        break
      case 'stop':
        await this.#stop(action.target)
        break
      case 'stall':
        await this.#stall(this.#running.get(action.target)!, action.forMs)
        break
      case 'add':
        this.#start(action.newcomer)
        break
      case 'broker':
        await this.#brokerBack
        // Without a broker they could not save what they have.
        await Promise.all(this.#stopping)
        this.#brokerBack = this.#interruptBroker(action.downMs)
        await this.#brokerBack
        break
    }
  }

  async #stall(process: ConsumerProcess, forMs: number): Promise<void> {
    process.stall()
    await sleep(forMs)
    process.resume()
  }

  async #interruptBroker(downMs: number): Promise<void> {
    await this.#options.broker.kill()
    await sleep(downMs)
    await this.#options.broker.start()
  }

  async #stop(name: string): Promise<void> {
    await this.#brokerBack
    const process = this.#running.get(name)!
    const ready = until(async () => (await process.isReady()) || undefined, `${name} to be ready`)
    await Promise.race([ready, process.ended]).catch((error: Error) => this.#faults.push(error.message))
    this.#leave(name).stop()
    this.#stopping.push(process.ended)
  }

  #start(name: string): void {
    const process = new ConsumerProcess(name, this.#options.flagsOf(name))
    this.#all.push(process)
    this.#running.set(name, process)
    this.#options.onStarted(process)
  }

  #leave(name: string): ConsumerProcess {
    const process = this.#running.get(name)!
    this.#running.delete(name)
    return process
  }

  async #at(atMs: number): Promise<void> {
    await sleep(Math.max(0, atMs - this.#options.nowMs()))
  }
}
