import { setTimeout as sleep } from 'node:timers/promises'
import { parseExposition } from '../exposition.ts'

const CLIENTS = 64
const BATCH_RECORDS = 100
/** Far less than an answer's Retry-After: the load is meant to be more than is taken. */
const IMPATIENCE_MS = 100
const USERS = 5_000
/** Of so many batches one is never sent again. */
const ONE_WITHOUT_PATIENCE = 5

/**
 * Many clients that send batches of events with ids of their own as fast as they are answered, and send them again, with
 * the same ids, until they are accepted. Some give up a batch the first time it is refused.
 */
export class CollectorLoad {
  /** Ids of events that were answered with 200. */
  readonly accepted = new Set<string>()
  /** Ids of events that were never answered otherwise than with a refusal, or not at all. */
  readonly givenUp = new Set<string>()
  /** Answers by status; 0 stands for a connection that broke. */
  readonly answers = new Map<number, number>()
  /** Records that were answered as in the log already. */
  duplicates = 0
  readonly #urlOf: () => string
  readonly #clients: Promise<void>[]
  #isOver = false

  /** @param urlOf where the collector is at the moment */
  constructor(urlOf: () => string) {
    this.#urlOf = urlOf
    this.#clients = Array.from({ length: CLIENTS }, (_, client) => this.#run(client))
  }

  /** How many answers had one of the statuses. */
  answered(...statuses: readonly number[]): number {
    return statuses.reduce((sum, status) => sum + (this.answers.get(status) ?? 0), 0)
  }

  /** Begins no new batches; resolves when those under way are accepted or given up. */
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }

  async #run(client: number): Promise<void> {
    for (let batch = 0; !this.#isOver; batch += 1) {
      const ids = Array.from({ length: BATCH_RECORDS }, (_, index) => `${client}-${batch}-${index}`)
      const isPatient = batch % ONE_WITHOUT_PATIENCE !== 0
      const isAccepted = await this.#send(ids, isPatient)
      for (const id of ids) (isAccepted ? this.accepted : this.givenUp).add(id)
    }
  }

  async #send(ids: readonly string[], isPatient: boolean): Promise<boolean> {
    const body = JSON.stringify({ records: ids.map(anEvent) })
    for (;;) {
      const status = await this.#post(body)
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1)
      if (status === 200) return true
      if (!isPatient) return false
      await sleep(IMPATIENCE_MS)
    }
  }

  async #post(body: string): Promise<number> {
    try {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${this.#urlOf()}/events`, { method: 'POST', headers, body })
      const { processed, duplicates = 0 } = (await response.json()) as { processed?: number; duplicates?: number }
      if (response.ok && processed !== BATCH_RECORDS) throw new RangeError(`${processed} of ${BATCH_RECORDS} processed`)
      this.duplicates += duplicates
      return response.status
    } catch (error) {
      if (error instanceof RangeError) throw error
      return 0
    }
  }
}

const anEvent = (id: string, index: number) => ({
  event_id: id,
  user_id: (Number.parseInt(id, 10) * 79 + index) % USERS,
  session_id: index,
  page: '/product/1234',
  action: 'view',
  duration: 3.5,
  timestamp: Date.now() / 1_000,
})

/** Looks at a process's page again and again until it is told to stop. */
export class PageWatch {
  /** Largest resident memory seen, bytes. */
  largestRss = 0
  readonly #urlOf: () => string
  readonly #watching: Promise<void>
  #isOver = false

  constructor(urlOf: () => string) {
    this.#urlOf = urlOf
    this.#watching = this.#watch()
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const page = await pageOf(this.#urlOf()).catch(() => new Map<string, number>())
      this.largestRss = Math.max(this.largestRss, page.get('process_resident_memory_bytes') ?? 0)
      await sleep(500)
    }
  }
}

/** What the process at the URL shows. */
export const pageOf = async (url: string): Promise<ReadonlyMap<string, number>> =>
  parseExposition(await (await fetch(`${url}/metrics`)).text())
