import type { Outcome } from '../contract/outcome.ts'
import type { DecodedEvent } from '../contract/validate.ts'
import type { CoreOptions } from '../core/options.ts'
import { NO_LOG_TIME, Pipeline } from '../core/pipeline.ts'
import { newPartitionState, type PartitionState } from '../core/state.ts'
import type { FileRecord } from '../files/record.ts'

/**
 * Files as one stream through the core: one state, with a pipeline for JSON and one for CSV, where numbers are text.
 * Records of files have no log time.
 */
export class FilePipeline {
  readonly state: PartitionState
  readonly #json: Pipeline
  readonly #csv: Pipeline
  #last: Pipeline

  constructor(options: CoreOptions) {
    this.state = newPartitionState(options)
    this.#json = new Pipeline(options, this.state)
    this.#csv = new Pipeline({ ...options, numbersAsStrings: true }, this.state)
    this.#last = this.#json
  }

  /** The event of the record processed last; valid after an outcome that says so. */
  get event(): DecodedEvent {
    return this.#last.event
  }

  /** The options the record processed last was read with. */
  get options(): CoreOptions {
    return this.#last.options
  }

  process({ bytes, start, end }: FileRecord, isCsv: boolean): Outcome {
    this.#last = isCsv ? this.#csv : this.#json
    return this.#last.process(bytes, start, end, NO_LOG_TIME, false)
  }

  /** Closes every session, when the last file has ended. */
  closeAll(): void {
    this.#last.closeAll()
  }
}
