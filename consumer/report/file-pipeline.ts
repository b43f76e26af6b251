import type { Dialect } from '../contract/dialects.ts'
import type { CoreOptions } from '../core/options.ts'
import type { Outcome } from '../core/outcome.ts'
import { NO_LOG_TIME, Pipeline } from '../core/pipeline.ts'
import { newPartitionState, type PartitionState } from '../core/state.ts'
import type { DecodedEvent } from '../core/validate.ts'
import type { FileRecord } from '../files/record.ts'
import { TextDialects } from './text-dialects.ts'

/**
 * Files as one stream through the core: one state, with a pipeline per dialect in use, because CSV rows are read by
 * other dialects than JSON. Records of files have no log time.
 */
export class FilePipeline {
  readonly state: PartitionState
  readonly #options: CoreOptions
  readonly #textDialects: TextDialects
  /** One entry per dialect at most. */
  readonly #pipelines = new Map<Dialect | 'auto', Pipeline>()
  #last: Pipeline

  constructor(options: CoreOptions) {
    this.#options = options
    this.state = newPartitionState(options)
    this.#textDialects = new TextDialects(options)
    this.#last = this.#pipelineOf(options.dialect)
  }

  /** The event of the record processed last; valid after an outcome that says so. */
  get event(): DecodedEvent {
    return this.#last.event
  }

  /** The dialect the record processed last was read with; `auto` when its keys chose. */
  get dialect(): Dialect | 'auto' {
    return this.#last.options.dialect
  }

  process({ bytes, start, end }: FileRecord, isCsv: boolean): Outcome {
    const dialect = isCsv ? this.#textDialects.of(bytes, start, end) : this.#options.dialect
    this.#last = this.#pipelineOf(dialect)
    return this.#last.process(bytes, start, end, NO_LOG_TIME, false)
  }

  /** Closes every session, when the last file has ended. */
  closeAll(): void {
    this.#last.closeAll()
  }

  #pipelineOf(dialect: Dialect | 'auto'): Pipeline {
    let pipeline = this.#pipelines.get(dialect)
    if (pipeline === undefined) {
      pipeline = new Pipeline({ ...this.#options, dialect }, this.state)
      this.#pipelines.set(dialect, pipeline)
    }
    return pipeline
  }
}
