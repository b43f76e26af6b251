import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { type Sink, SinkRefused } from './sink.ts'

/** Writes records to the embedded log, which nobody else can have open meanwhile. */
export class EmbeddedSink implements Sink {
  /** A transaction is there or is not. */
  readonly unconfirmed = 0
  readonly #log: EmbeddedLog
  readonly #deletedBefore: number

  /** @throws {SinkRefused} when the folder cannot be used as a log */
  constructor(options: EmbeddedLogOptions) {
    try {
      this.#log = openEmbeddedLog(options)
      this.#deletedBefore = this.#log.deletedRecords
    } catch (error) {
      throw new SinkRefused((error as Error).message, { cause: error })
    }
  }

  get crowdedOut(): number {
    return this.#log.deletedRecords - this.#deletedBefore
  }

  append(records: readonly NewRecord[]): Promise<void> {
    return this.#log.append(records)
  }

  stopWaiting(): void {}

  close(): Promise<void> {
    return this.#log.leave()
  }
}
