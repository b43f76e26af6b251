import { ACCEPTED } from '../contract/outcome.ts'
import type { CoreOptions } from '../core/options.ts'
import { SeenIds } from '../core/seen-ids.ts'
import type { FileRecord } from '../files/record.ts'
import { FilePipeline } from './file-pipeline.ts'
import { type Totals, totalsOf } from './totals.ts'

/** Adds up the records of files, read one after the other as one stream. */
export class Report {
  readonly #pipeline: FilePipeline
  readonly #users = new SeenIds()
  #userCount = 0

  constructor(options: CoreOptions) {
    this.#pipeline = new FilePipeline(options)
  }

  add(record: FileRecord, isCsv: boolean): void {
    if (this.#pipeline.process(record, isCsv) !== ACCEPTED) return
    const { user, timeMs } = this.#pipeline.event
    if (this.#users.add(user, timeMs, Number.NEGATIVE_INFINITY)) this.#userCount++
  }

  /** Closes the sessions still open and gives the totals. */
  finish(): Totals {
    this.#pipeline.closeAll()
    return totalsOf(this.#pipeline.state.counters, this.#userCount)
  }
}
