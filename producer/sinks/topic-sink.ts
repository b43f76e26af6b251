import { PartlyStored, RecordsTooLarge } from '../../consumer/contract/durable-log.ts'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { IdempotentWriter, type IdempotentWriterOptions } from '../../consumer/log/kafka/idempotent-writer.ts'
import { type Sink, SinkRefused } from './sink.ts'

/** How often it is looked whether something keeps an append from getting on. */
const LOOK_EVERY_MS = 100
/** What is over sooner, such as a broker that has just begun, is no failure. */
const PATIENCE_MS = 1_000

/** An append that goes on while this is said. */
class NotYet extends Error {}

/** The records of an append that has not succeeded yet. */
interface GivenRecords {
  readonly records: readonly NewRecord[]
  /** Those that are not known to be in the topic. */
  left: readonly NewRecord[]
  /** Undefined when they are to be written again. */
  written: Promise<void> | undefined
}

/**
 * Writes records to a Kafka topic, each once. What does not get on is said by a failure, and goes on all the same: the
 * same array, given again, waits for it.
 */
export class TopicSink implements Sink {
  readonly #writer: IdempotentWriter
  readonly #steadyNow: () => number
  readonly #stopping = new AbortController()
  #given: GivenRecords | undefined
  /** Of an append that ended so that nobody knows. */
  #uncertain = 0

  constructor(options: IdempotentWriterOptions) {
    this.#writer = new IdempotentWriter(options)
    this.#steadyNow = options.steadyNow
  }

  get unconfirmed(): number {
    return this.#uncertain + this.#writer.unconfirmed
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    this.#stopping.signal.throwIfAborted()
    if (this.#given?.records !== records) this.#given = { records, left: records, written: undefined }
    const given = this.#given
    given.written ??= this.#write(given.left)
    try {
      await this.#whileItGetsOn(given.written)
      this.#given = undefined
    } catch (error) {
      if (error instanceof NotYet) throw error
      given.written = undefined
      if (error instanceof RecordsTooLarge) throw refusedFor(error)
      if (error instanceof PartlyStored) given.left = error.unconfirmed
      this.#uncertain = given.left.length
      if (error instanceof Error && error.cause instanceof RecordsTooLarge) throw refusedFor(error)
      throw error
    }
  }

  #write(records: readonly NewRecord[]): Promise<void> {
    this.#uncertain = 0
    const written = this.#writer.append(records)
    // Heard by whoever waits for it, if anybody does.
    written.catch(() => undefined)
    return written
  }

  /** What is being sent goes on; what still waits for the brokers or the topic does not. */
  stopWaiting(): void {
    this.#stopping.abort(new Error('the producer is stopping'))
  }

  async close(): Promise<void> {
    this.#uncertain += this.#writer.unconfirmed
    await this.#writer.close()
  }

  /** @throws {NotYet} with what keeps it from getting on */
  async #whileItGetsOn(written: Promise<void>): Promise<void> {
    const { signal } = this.#stopping
    const stuck = Promise.withResolvers<never>()
    let troubleSinceMs: number | undefined
    const look = (): void => {
      const { trouble, unconfirmed } = this.#writer
      if (signal.aborted && unconfirmed === 0) stuck.reject(new NotYet(signal.reason.message))
      if (trouble === undefined) {
        troubleSinceMs = undefined
        return
      }
      troubleSinceMs ??= this.#steadyNow()
      if (this.#steadyNow() - troubleSinceMs >= PATIENCE_MS) stuck.reject(new NotYet(trouble))
    }
    const looking = setInterval(look, LOOK_EVERY_MS)
    signal.addEventListener('abort', look)
    try {
      await Promise.race([written, stuck.promise])
    } finally {
      clearInterval(looking)
      signal.removeEventListener('abort', look)
    }
  }
}

const refusedFor = (error: Error): SinkRefused => new SinkRefused(error.message, { cause: error })
