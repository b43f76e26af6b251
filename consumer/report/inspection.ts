import type { ClickEvent } from '../contract/click-event.ts'
import { Describer } from '../contract/describe.ts'
import {
  ACCEPTED,
  type DropReason,
  isDropped,
  isRejected,
  OUTCOMES,
  type Outcome,
  type RejectReason,
} from '../contract/outcome.ts'
import { NONE, OTHER } from '../core/label-table.ts'
import type { CoreOptions } from '../core/options.ts'
import { LONGEST_PAGE_LABEL, pageLabel } from '../core/page-label.ts'
import { Pipeline } from '../core/pipeline.ts'
import type { FileRecord } from '../files/record.ts'
import { harmless } from '../harmless.ts'
import type { TopicRecord } from '../log/kafka/read-topic.ts'
import { REASON_HELP } from '../reason-help.ts'
import { FilePipeline } from './file-pipeline.ts'

/** No clickstream is that old: 1970 with seconds taken for milliseconds, for one. */
const IMPLAUSIBLE_BEFORE_MS = Date.UTC(1990, 0, 1)
/** Dates end here, and begin as long before 1970. */
const LAST_DATE_MS = 8.64e15

/** Where a record's value lies. */
type Value = Pick<FileRecord, 'bytes' | 'start' | 'end'>

/** Shows record by record what the pipeline makes of a stream of files or of a topic. */
export class Inspection {
  readonly #options: CoreOptions
  readonly #files: FilePipeline
  /** By partition: the exporter takes each for itself. */
  readonly #partitions = new Map<number, Pipeline>()
  /** One for JSON and one for CSV. */
  readonly #describers = new Map<CoreOptions, Describer>()
  /** Records by outcome. */
  readonly #counts: number[] = OUTCOMES.map(() => 0)

  constructor(options: CoreOptions) {
    this.#options = options
    this.#files = new FilePipeline(options)
  }

  /** What becomes of the record of a file, as a block of text. */
  show(file: string, record: FileRecord, isCsv: boolean): string {
    const outcome = this.#files.process(record, isCsv)
    return this.#block([`${file}:${record.position}: ${verdict(outcome)}`], outcome, record, this.#files.options)
  }

  /** What becomes of the record of a topic, as a block of text; its name is the key its dead letter would have. */
  showLogged(topic: string, record: TopicRecord): string {
    const { partition, offset, bytes, start, end, logTimeMs, appendTime } = record
    let pipeline = this.#partitions.get(partition)
    if (pipeline === undefined) {
      pipeline = new Pipeline(this.#options)
      this.#partitions.set(partition, pipeline)
    }
    const outcome = pipeline.process(bytes, start, end, logTimeMs, appendTime)
    const logTime = `log time ${timeText(logTimeMs)}, the ${appendTime ? "broker's" : "client's"} word`
    return this.#block(
      [`${topic}/${partition}/${offset}: ${verdict(outcome)}`, logTime],
      outcome,
      record,
      this.#options,
    )
  }

  #block(head: readonly string[], outcome: Outcome, value: Value, options: CoreOptions): string {
    this.#counts[outcome]!++
    const lines = [
      ...head,
      ...(outcome === ACCEPTED ? [] : [helpOn(outcome)]),
      ...(isRejected(outcome) ? [excerpt(value)] : this.#described(value, options)),
    ]
    // What others sent may hold characters that a terminal would obey.
    return `${lines.map(harmless).join('\n  ')}\n`
  }

  /** How many records there were of each outcome. */
  summary(): string {
    const sum = (belongs: (outcome: Outcome) => boolean): number =>
      this.#counts.reduce((total, count, outcome) => (belongs(outcome) ? total + count : total), 0)
    const all = sum(() => true)
    const parts = [`${this.#counts[ACCEPTED]} accepted`, `${sum(isDropped)} dropped`, `${sum(isRejected)} rejected`]
    const reasons = this.#counts.flatMap((count, outcome) =>
      outcome !== ACCEPTED && count > 0 ? [`  ${OUTCOMES[outcome]} ${count}\n`] : [],
    )
    return `${all} ${all === 1 ? 'record' : 'records'}: ${parts.join(', ')}\n${reasons.join('')}`
  }

  #described({ bytes, start, end }: Value, options: CoreOptions): string[] {
    const { event, dialect } = this.#describerFor(options).describe(bytes, start, end)
    const facts = `dialect ${dialect}, time ${timeText(event.timeMs)}, page label ${labelOf(event)}`
    const note = 'note: a time before 1990, is the time unit of the dialect the right one (time: in the mapping)?'
    const old = event.timeMs < IMPLAUSIBLE_BEFORE_MS ? [note] : []
    return [facts, ...old, ...JSON.stringify(event, null, 2).split('\n')]
  }

  #describerFor(options: CoreOptions): Describer {
    let describer = this.#describers.get(options)
    if (describer === undefined) {
      describer = new Describer(options)
      this.#describers.set(options, describer)
    }
    return describer
  }
}

/** Clients may send any number for a log time, also what no calendar knows. */
const timeText = (timeMs: number): string =>
  Math.abs(timeMs) <= LAST_DATE_MS ? new Date(timeMs).toISOString() : `${timeMs} ms`

function verdict(outcome: Outcome): string {
  if (outcome === ACCEPTED) return 'accepted'
  return `${isDropped(outcome) ? 'dropped' : 'rejected'}, ${OUTCOMES[outcome]}`
}

const helpOn = (outcome: Outcome): string => REASON_HELP[OUTCOMES[outcome] as DropReason | RejectReason]

function labelOf({ page = '' }: ClickEvent): string {
  const label = pageLabel(page)
  return label.length > LONGEST_PAGE_LABEL ? OTHER : label || NONE
}

const EXCERPT_BYTES = 200

/** The record's beginning. */
function excerpt({ bytes, start, end }: Value): string {
  const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + EXCERPT_BYTES)))
  return `record: ${text}${end - start > EXCERPT_BYTES ? '…' : ''}`
}
