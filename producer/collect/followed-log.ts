import { setImmediate as otherWork } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { LogView } from '../../consumer/contract/log-view.ts'
import { SpokenFault } from '../../consumer/spoken-fault.ts'
import { RETRY_MS, untiring } from '../untiring.ts'
import { FollowedPartition, type LogFollower } from './followed-partition.ts'

export interface FollowedLogOptions {
  /** Nobody else reads through it. */
  readonly view: LogView
  readonly follower: LogFollower
  readonly logger: Logger
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
}

/** Partitions are rarely added. */
const LOOK_AGAIN_MS = 30_000

/** A log that is read on and on, all its partitions, whatever fails for a while. */
export class FollowedLog {
  readonly #options: FollowedLogOptions
  readonly #partitions: FollowedPartition[] = []
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>[] = []
  /** What keeps one partition from being read mostly keeps all. */
  readonly #fault: SpokenFault

  constructor(options: FollowedLogOptions) {
    this.#options = options
    this.#fault = new SpokenFault(options.steadyNow)
  }

  /** Begins to follow, from the oldest record held. Once begun, it does nothing. */
  start(): void {
    if (this.#running.length === 0) this.#running.push(this.#repeat(() => this.#look(), this.#stopping.signal))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }

  /**
   * Resolves when everything was passed on that the log holds now.
   * @throws when the log cannot be asked, or when `signal` aborts
   */
  async reachEnd(signal: AbortSignal): Promise<void> {
    const { view } = this.#options
    const count = await this.#meetPartitions()
    const reached = this.#partitions
      .slice(0, count)
      .map(async (followed) => followed.reach(await view.bounds(followed.partition), signal))
    await Promise.all(reached)
  }

  /** Resolves, as whatever is repeated, to how long to wait before the next time. */
  async #look(): Promise<number> {
    return (await this.#meetPartitions()) === 0 ? RETRY_MS : LOOK_AGAIN_MS
  }

  async #meetPartitions(): Promise<number> {
    const { view, follower } = this.#options
    const count = await view.partitions()
    // A topic that was made again may have fewer of them; until it is there again it has none.
    for (const gone of this.#partitions.splice(count)) gone.leave()
    while (this.#partitions.length < count) {
      const followed = new FollowedPartition(this.#partitions.length, follower)
      this.#partitions.push(followed)
      const signal = AbortSignal.any([this.#stopping.signal, followed.left])
      this.#running.push(this.#repeat(() => this.#read(followed, signal), signal))
    }
    return count
  }

  async #read(followed: FollowedPartition, signal: AbortSignal): Promise<number> {
    const batch = await this.#options.view.read(followed.partition, followed.next, signal)
    // Where nothing was asked, because the read was called off, nothing is known.
    if (!signal.aborted) followed.take(batch)
    // A long past may be in memory already: others get their turn all the same.
    await otherWork()
    return 0
  }

  #repeat(work: () => Promise<number>, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options
    const onFault = (err: unknown): void => logger.warn({ err }, 'reading the log back failed; the statistics stand')
    return untiring(work, { signal, fault: this.#fault, onFault })
  }
}
