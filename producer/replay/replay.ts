import { retryMs } from '../pace.ts'
import { ReaderGone, type Sink, SinkRefused } from '../sinks/sink.ts'
import { pause } from './pause.ts'
import type { Omission, Prepare, PreparedRecord } from './prepared-record.ts'
import type { Position } from './progress-note.ts'
import { type ReadingWords, type ReadSlice, readFiles } from './read-files.ts'
import type { Tempo } from './tempo.ts'

export interface ReplayOptions {
  readonly reading: ReadingWords
  readonly prepare: Prepare
  readonly tempo: Tempo
  readonly sink: Sink
  /** Records to send at most; undefined for all. */
  readonly limit: number | undefined
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
  /** Told whenever records were stored, and before a long wait. */
  readonly onStored: (position: Position) => void
  /** Told of a failure after which the same records are tried again. */
  readonly onTrouble: (error: unknown) => void
  /** Told before a wait of several seconds for the next record. */
  readonly onWait: (durationMs: number) => void
}

/** Why a replay has ended: nothing is left, the limit is reached, it was stopped, or nobody reads the output any more. */
export type Ending = 'all' | 'limit' | 'stopped' | 'unread'

/** A slice of a file smaller than this waits for the next one; a batch is never larger than the other two. */
const ENOUGH_RECORDS = 2_000
const MOST_RECORDS = 5_000
const MOST_BYTES = 4 * 1024 * 1024
/** A source that has nothing more for so long, as a pipe may, does not hold back what it has told already. */
const LONGEST_HOLD_MS = 50
/** What becomes due within this is sent together. */
const TICK_MS = 50
const LONG_WAIT_MS = 5_000

/** Sends the records of files in their order. One append at a time: a slow receiver slows the reading down. */
export class Replay {
  readonly #options: ReplayOptions
  readonly #omitted = new Map<Omission, number>()
  #batch: PreparedRecord[] = []
  #batchBytes = 0
  #taken = 0
  #sent = 0
  #read: Position
  #stored: Position

  constructor(options: ReplayOptions) {
    this.#options = options
    this.#read = options.reading.from
    this.#stored = options.reading.from
  }

  /** Records known to be stored. */
  get sent(): number {
    return this.#sent
  }

  /** Everything before it is stored, or was left out. */
  get stored(): Position {
    return this.#stored
  }

  /** How many records were left out, by reason. */
  get omitted(): ReadonlyMap<Omission, number> {
    return this.#omitted
  }

  /**
   * What failed is sent again until it is stored, or the signal aborts.
   * @throws {UnreadableFile} when a file cannot be read to its end; what was read before is stored
   * @throws {SinkRefused} when the receiver will not take the records
   */
  async run(signal: AbortSignal): Promise<Ending> {
    const source = readFiles(this.#options.reading)
    try {
      return await this.#sendAll(source, signal)
    } catch (error) {
      if (error instanceof ReaderGone) return 'unread'
      if (!(error instanceof SinkRefused)) await this.#flush(signal)
      throw error
    } finally {
      // A pipe that tells nothing more would hold up the end.
      source.return().catch(() => undefined)
    }
  }

  async #sendAll(source: AsyncGenerator<ReadSlice, void, undefined>, signal: AbortSignal): Promise<Ending> {
    while (!signal.aborted) {
      const next = source.next()
      if (this.#batch.length > 0 && !(await settlesSoon(next))) await this.#flush(signal)
      const slice = await unlessAborted(next, signal)
      if (slice === undefined) break
      if (slice.done) {
        await this.#flush(signal)
        return signal.aborted ? 'stopped' : 'all'
      }
      if (await this.#sendSlice(slice.value, signal)) return 'limit'
      if (this.#batch.length >= ENOUGH_RECORDS) await this.#flush(signal)
    }
    return 'stopped'
  }

  /** Resolves to whether the limit is reached. */
  async #sendSlice({ file, before, records }: ReadSlice, signal: AbortSignal): Promise<boolean> {
    const { prepare, tempo, limit, steadyNow } = this.#options
    for (const [index, record] of records.entries()) {
      const prepared = prepare(record, file + 1)
      const read = { file, records: before + index + 1 }
      if (typeof prepared === 'string') {
        this.#omitted.set(prepared, (this.#omitted.get(prepared) ?? 0) + 1)
        this.#read = read
        continue
      }
      const dueMs = tempo.due(prepared.timeMs, steadyNow())
      if (dueMs > steadyNow()) await this.#waitUntil(dueMs, signal)
      if (signal.aborted) return false
      this.#batch.push(prepared)
      this.#batchBytes += prepared.value.length
      this.#read = read
      this.#taken++
      if (this.#taken === limit) {
        await this.#flush(signal)
        return true
      }
      if (this.#batch.length >= MOST_RECORDS || this.#batchBytes >= MOST_BYTES) await this.#flush(signal)
    }
    return false
  }

  async #waitUntil(dueMs: number, signal: AbortSignal): Promise<void> {
    const { steadyNow, onWait } = this.#options
    await this.#flush(signal)
    const waitMs = dueMs - steadyNow()
    if (waitMs > LONG_WAIT_MS) onWait(waitMs)
    while (steadyNow() < dueMs && !signal.aborted) await pause(Math.max(TICK_MS, dueMs - steadyNow()), signal)
  }

  /** Appends the batch. Once the signal has aborted nothing is tried any more, and the batch is not stored. */
  async #flush(signal: AbortSignal): Promise<void> {
    const { sink, onStored, onTrouble } = this.#options
    for (let failures = 0; this.#batch.length > 0; ) {
      if (signal.aborted) return
      try {
        await sink.append(this.#batch)
        this.#sent += this.#batch.length
        this.#batch = []
        this.#batchBytes = 0
      } catch (error) {
        if (error instanceof SinkRefused || error instanceof ReaderGone) throw error
        if (signal.aborted) return
        failures += 1
        onTrouble(error)
        await pause(retryMs(error, failures), signal)
      }
    }
    this.#stored = this.#read
    onStored(this.#stored)
  }
}

/** Undefined as soon as the signal aborts. A race with one promise for all would keep every result as long as that. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
  })
}

async function settlesSoon(promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LONGEST_HOLD_MS)
  })
  try {
    // Whoever awaits the promise itself is told of its failure.
    return await Promise.race([promise.then(() => true).catch(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
