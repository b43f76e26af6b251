import type { Logger } from 'pino'
import type { LogView } from '../consumer/contract/log-view.ts'
import { SpokenFault } from '../consumer/spoken-fault.ts'
import { ExpectedPartition } from './expected-partition.ts'
import { type OracleOptions, totalsOf } from './oracle/partition-oracle.ts'
import { RETRY_MS, untiring } from './untiring.ts'

export interface ExpectedTotalsOptions {
  /** What reads the log back. */
  readonly reader: Pick<LogView, 'partitions' | 'read'>
  /** `appendTime`: whether the log itself stamps its records. */
  readonly oracleOptions: (appendTime: boolean) => OracleOptions
  readonly logger: Logger
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
}

interface Computed {
  readonly totals: ReadonlyMap<string, number>
  readonly atMs: number
  /** Records they are the totals of. */
  readonly judged: number
}

/** Partitions are rarely added. */
const LOOK_AGAIN_MS = 30_000
/** Totals are computed at most this often, however many ask. */
const FRESH_MS = 1_000

/**
 * What a log must lead to, computed by the oracle from what is in it: right across restarts, retries and however many
 * producers. It is a moment behind the log.
 */
export class ExpectedTotals {
  readonly #options: ExpectedTotalsOptions
  readonly #partitions: ExpectedPartition[] = []
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>[] = []
  #computed: Computed | undefined
  #warned = false
  readonly #fault: SpokenFault

  constructor(options: ExpectedTotalsOptions) {
    this.#options = options
    this.#fault = new SpokenFault(options.steadyNow)
  }

  /** Begins to follow the log, from its first record on. */
  start(): void {
    this.#running.push(this.#repeat(() => this.#meetPartitions()))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }

  /**
   * Sums over all partitions by metric, such as `clickstream_page_views_total`; a histogram has its _count and its _sum.
   * Undefined while the log was not looked at, and for ever once a part of it was deleted unread.
   */
  totals(): ReadonlyMap<string, number> | undefined {
    return this.#refreshed()?.totals
  }

  /** Records that were seen in the log and are not in the totals; undefined where there are none. */
  lag(): number | undefined {
    const computed = this.#refreshed()
    return computed && Math.max(0, this.#sumOf(({ end }) => end) - computed.judged)
  }

  #refreshed(): Computed | undefined {
    if (this.#partitions.length === 0 || !this.#partitions.every(({ isWhole }) => isWhole)) return undefined
    const atMs = this.#options.steadyNow()
    const judged = this.#sumOf(({ next }) => next)
    const isFresh = this.#computed !== undefined && atMs - this.#computed.atMs < FRESH_MS
    if (!isFresh && judged !== this.#computed?.judged) this.#computed = { totals: this.#sum(), atMs, judged }
    return this.#computed
  }

  #sumOf(part: (partition: ExpectedPartition) => number): number {
    return this.#partitions.reduce((sum, partition) => sum + part(partition), 0)
  }

  #sum(): ReadonlyMap<string, number> {
    const sums = new Map<string, number>()
    for (const partition of this.#partitions) {
      for (const [metric, total] of totalsOf(partition.series())) sums.set(metric, (sums.get(metric) ?? 0) + total)
    }
    return sums
  }

  /** Resolves, as whatever is repeated, to how long to wait before the next time. */
  async #meetPartitions(): Promise<number> {
    const count = await this.#options.reader.partitions()
    while (this.#partitions.length < count) {
      const number = this.#partitions.length
      const partition = new ExpectedPartition(this.#options.oracleOptions, this.#options.steadyNow)
      this.#partitions.push(partition)
      this.#running.push(this.#repeat(() => this.#follow(number, partition)))
    }
    return count === 0 ? RETRY_MS : LOOK_AGAIN_MS
  }

  async #follow(number: number, partition: ExpectedPartition): Promise<number> {
    const { signal } = this.#stopping
    await partition.take(await this.#options.reader.read(number, partition.next, signal), signal)
    if (!partition.isWhole) this.#warnOfLoss()
    return 0
  }

  #repeat(work: () => Promise<number>): Promise<void> {
    const { logger } = this.#options
    // Whoever watches hears of the same fault from what writes.
    const onFault = (err: unknown): void =>
      logger.info({ err }, 'reading the log back failed; the expected totals stand')
    return untiring(work, { signal: this.#stopping.signal, fault: this.#fault, onFault })
  }

  #warnOfLoss(): void {
    if (this.#warned) return
    this.#warned = true
    this.#options.logger.warn('the beginning of the log was deleted unread: there are no expected totals')
  }
}
