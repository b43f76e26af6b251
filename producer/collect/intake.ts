import { setImmediate as otherWork } from 'node:timers/promises'
import { type DurableLog, PartlyStored, RecordsTooLarge } from '../../consumer/contract/durable-log.ts'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import type { CollectedRecord } from './collected-record.ts'
import { KnownIds } from './known-ids.ts'
import { RefusedRequest } from './refused-request.ts'
import { WaitingRequest } from './waiting-request.ts'

export interface IntakeOptions {
  readonly log: DurableLog
  /** How long a request waits for the log before it is answered. */
  readonly appendTimeoutMs: number
  /** Milliseconds that only go on. */
  readonly steadyNow: () => number
}

/** Appended together, if so much waits; a longer request goes alone. */
const GROUP_RECORDS = 5_000
const GROUP_BYTES = 4_000_000
/** An append that takes longer is trouble. */
const SLOW_MS = 2_000
/** What short records take beside their bytes, which are all that is counted of a request elsewhere, is bounded so. */
const MOST_WAITING_RECORDS = 100_000
const RETRY_SECONDS = 2

/**
 * Takes the records of requests into the log: one append at a time, each with the requests that came during the last.
 *
 * A record whose user and event id were written lately, or are being written, is not written again; it is answered as
 * the other one is. Of an append that failed, only what the log is known to have is remembered: what else it may have
 * may get into the log a second time when it is sent again, and whoever counts by event id counts it once.
 */
export class Intake {
  readonly #options: IntakeOptions
  readonly #known = new KnownIds()
  /** By identity, whose records are neither written nor given up. */
  readonly #pending = new Map<string, WaitingRequest>()
  #queue: WaitingRequest[] = []
  /** Taken from the queue; some may be through already. */
  #group: readonly WaitingRequest[] = []
  /** When the append under way began. */
  #appendingSinceMs: number | undefined
  #waitingRecords = 0
  #waitingBytes = 0
  #draining: Promise<void> | undefined
  #isStopping = false

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Records of requests that wait, those of the append under way and copies included. */
  get waitingRecords(): number {
    return this.#waitingRecords
  }

  /** Records that would be recognised if they came again; 1,000,000 at most. */
  get knownIds(): number {
    return this.#known.size
  }

  /** Why nothing gets into the log, in words; undefined while nothing is known to be wrong. */
  get trouble(): string | undefined {
    const { log, steadyNow } = this.#options
    if (log.trouble !== undefined) return log.trouble
    if (this.#appendingSinceMs === undefined) return undefined
    const waitingMs = steadyNow() - this.#appendingSinceMs
    return waitingMs > SLOW_MS ? `no answer from the log for ${Math.round(waitingMs / 1_000)} s` : undefined
  }

  /**
   * Resolves when the log has all records durably. `duplicates` of them were there already, or came twice.
   * @param onSettled called once, when the records are no longer held: a request that was answered with 503 for taking
   * too long may still be waiting, and get in
   * @throws {RefusedRequest} 413, with none of them stored; 503
   */
  async accept(records: readonly CollectedRecord[], onSettled: () => void): Promise<{ duplicates: number }> {
    const { fresh, others } = this.#sort(records)
    const mustWait = fresh.length > 0 || others.size > 0
    const refusal = this.#refusal(mustWait ? records.length : 0, fresh.length > 0)
    if (refusal !== undefined) {
      onSettled()
      throw refusal
    }
    const letGo = this.#hold(records.length, onSettled)
    const outcomes = [...others].map(({ written }) => written.catch(refuseCopy))
    if (fresh.length > 0) outcomes.push(this.#enqueue(fresh, letGo).written)
    try {
      await this.#inTime(Promise.all(outcomes))
    } finally {
      // Copies are in no queue: only whoever waits for the answer holds them.
      if (fresh.length === 0) letGo()
    }
    return { duplicates: records.length - fresh.length }
  }

  /** Takes nothing more, and waits for what is pending as long as a request does; what is left then is given up. */
  async stop(): Promise<void> {
    this.#isStopping = true
    let timer: NodeJS.Timeout | undefined
    const givenUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.appendTimeoutMs)
    })
    await Promise.race([this.#draining, givenUp])
    clearTimeout(timer)
    const left = [...this.#group, ...this.#queue.splice(0)]
    for (const waiting of left) this.#settle(waiting, unconfirmed('it is stopping'))
  }

  /** Those to be written, and the entries with the copies of others. */
  #sort(records: readonly CollectedRecord[]): { fresh: CollectedRecord[]; others: Set<WaitingRequest> } {
    const fresh: CollectedRecord[] = []
    const others = new Set<WaitingRequest>()
    const own = new Set<string>()
    for (const record of records) {
      const { identity } = record
      if (identity === undefined) fresh.push(record)
      else if (!own.has(identity) && !this.#known.has(identity)) {
        own.add(identity)
        const waiting = this.#pending.get(identity)
        if (waiting === undefined) fresh.push(record)
        else others.add(waiting)
      }
    }
    return { fresh, others }
  }

  /** @param records that would wait @param areNew whether the log is to have more of them than it has been given */
  #refusal(records: number, areNew: boolean): RefusedRequest | undefined {
    if (this.#isStopping) return new RefusedRequest(503, 'stopping', 'It is stopping. Send it again.', RETRY_SECONDS)
    if (records === 0) return undefined
    const enoughWaits = this.#waitingRecords >= GROUP_RECORDS || this.#waitingBytes >= GROUP_BYTES
    const { trouble } = this
    if (areNew && enoughWaits && trouble !== undefined) {
      return new RefusedRequest(
        503,
        'log_unavailable',
        `The log takes nothing (${trouble}), and enough waits for it already. Send it again later.`,
        RETRY_SECONDS,
      )
    }
    if (this.#waitingRecords === 0 || this.#waitingRecords + records <= MOST_WAITING_RECORDS) return undefined
    const fix = `${this.#waitingRecords} records wait for the log already. Send it again, fewer records at once.`
    return new RefusedRequest(503, 'overloaded', fix, RETRY_SECONDS)
  }

  /** Counts a request's records until what it returns is called. */
  #hold(records: number, onSettled: () => void): () => void {
    this.#waitingRecords += records
    return () => {
      this.#waitingRecords -= records
      onSettled()
    }
  }

  #enqueue(fresh: readonly CollectedRecord[], letGo: () => void): WaitingRequest {
    const waiting = new WaitingRequest(fresh, letGo)
    for (const { identity } of fresh) if (identity !== undefined) this.#pending.set(identity, waiting)
    this.#waitingBytes += waiting.bytes
    this.#queue.push(waiting)
    this.#draining ??= this.#drain()
    return waiting
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // Requests that are read in the same turn go together.
      await otherWork()
      this.#group = this.#nextGroup()
      if (this.#group.length > 0) await this.#store(this.#group)
      this.#group = []
    }
    this.#draining = undefined
  }

  async #store(group: readonly WaitingRequest[]): Promise<void> {
    try {
      await this.#append(group)
    } catch (error) {
      if (!(error instanceof RecordsTooLarge)) this.#settleAll(group, unconfirmed((error as Error).message))
      else for (const waiting of group) await this.#storeAlone(waiting, group.length === 1 ? error : undefined)
    }
  }

  /** What is known to be too large is not tried again. */
  async #storeAlone(waiting: WaitingRequest, known: RecordsTooLarge | undefined): Promise<void> {
    try {
      if (known !== undefined) throw known
      await this.#append([waiting])
    } catch (error) {
      this.#settle(waiting, error instanceof RecordsTooLarge ? tooLarge(error) : unconfirmed((error as Error).message))
    }
  }

  /** Settles them when the log has them. @throws as the log does */
  async #append(group: readonly WaitingRequest[]): Promise<void> {
    const { log, steadyNow } = this.#options
    this.#appendingSinceMs = steadyNow()
    try {
      await log.append(group.flatMap(({ records }) => records))
    } catch (error) {
      if (error instanceof PartlyStored) this.#remember(group, new Set(error.unconfirmed))
      throw error
    } finally {
      this.#appendingSinceMs = undefined
    }
    this.#settleAll(group, undefined)
  }

  /** What is stored of requests that fail: when they come again, it is known. */
  #remember(group: readonly WaitingRequest[], unconfirmed: ReadonlySet<NewRecord>): void {
    for (const record of group.flatMap(({ records }) => records)) {
      if (record.identity !== undefined && !unconfirmed.has(record)) this.#known.add(record.identity)
    }
  }

  #nextGroup(): WaitingRequest[] {
    let records = 0
    let bytes = 0
    const past = this.#queue.findIndex((waiting) => {
      records += waiting.records.length
      bytes += waiting.bytes
      return records > GROUP_RECORDS || bytes > GROUP_BYTES
    })
    return this.#queue.splice(0, past < 0 ? this.#queue.length : Math.max(1, past))
  }

  #settleAll(group: readonly WaitingRequest[], refusal: RefusedRequest | undefined): void {
    for (const waiting of group) this.#settle(waiting, refusal)
  }

  #settle(waiting: WaitingRequest, refusal: RefusedRequest | undefined): void {
    // An append that outlives the stop settles what was given up.
    if (waiting.isSettled) return
    for (const { identity } of waiting.records) {
      if (identity === undefined) continue
      this.#pending.delete(identity)
      if (refusal === undefined) this.#known.add(identity)
    }
    this.#waitingBytes -= waiting.bytes
    waiting.settle(refusal)
  }

  async #inTime(outcomes: Promise<unknown>): Promise<void> {
    const { appendTimeoutMs } = this.#options
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const { trouble } = this
        const waited = `no answer within ${appendTimeoutMs / 1_000} s`
        reject(unconfirmed(trouble === undefined ? waited : `${waited} (${trouble})`))
      }, appendTimeoutMs)
    })
    try {
      await Promise.race([outcomes, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

const unconfirmed = (why: string): RefusedRequest =>
  new RefusedRequest(
    503,
    'log_unavailable',
    `The log did not confirm the records: ${why}. Some may be in it or still get in. Send the same records with the same event ids again: they count once.`,
    RETRY_SECONDS,
  )

const tooLarge = ({ message }: RecordsTooLarge): RefusedRequest =>
  new RefusedRequest(413, 'record_too_large_for_log', `None of the request's new records is stored: ${message}.`)

/** A record that was to be answered as its copy in another request is not refused for what that one had beside it. */
function refuseCopy(error: RefusedRequest): never {
  throw error.status === 503 ? error : unconfirmed('another request with a copy of one of them was refused')
}
