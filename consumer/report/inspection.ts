import type { ClickEvent } from '../contract/click-event.ts'
import { Describer } from '../core/describe.ts'
import { NONE, OTHER } from '../core/label-table.ts'
import type { CoreOptions } from '../core/options.ts'
import {
  ACCEPTED,
  type DropReason,
  isDropped,
  isRejected,
  OUTCOMES,
  type Outcome,
  type RejectReason,
} from '../core/outcome.ts'
import { LONGEST_PAGE_LABEL, pageLabel } from '../core/page-label.ts'
import type { FileRecord } from '../files/record.ts'
import { REASON_HELP } from '../reason-help.ts'
import { FilePipeline } from './file-pipeline.ts'

/** No clickstream is that old: 1970 with seconds taken for milliseconds, for one. */
const IMPLAUSIBLE_BEFORE_MS = Date.UTC(1990, 0, 1)

/** Shows record by record what the pipeline makes of a stream of files. */
export class Inspection {
  readonly #pipeline: FilePipeline
  /** One for JSON and one for CSV. */
  readonly #describers = new Map<CoreOptions, Describer>()
  /** Records by outcome. */
  readonly #counts: number[] = OUTCOMES.map(() => 0)

  constructor(options: CoreOptions) {
    this.#pipeline = new FilePipeline(options)
  }

  /** What becomes of the record, as a block of text. */
  show(file: string, record: FileRecord, isCsv: boolean): string {
    const outcome = this.#pipeline.process(record, isCsv)
    this.#counts[outcome]!++
    const lines = [
      `${file}:${record.position}: ${verdict(outcome)}`,
      ...(outcome === ACCEPTED ? [] : [helpOn(outcome)]),
      ...(isRejected(outcome) ? [excerpt(record)] : this.#described(record)),
    ]
    // What others sent may hold characters that a terminal would obey.
    return `${lines.map((line) => line.replace(/\p{Cc}/gu, '?')).join('\n  ')}\n`
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

  #described({ bytes, start, end }: FileRecord): string[] {
    const { event, dialect } = this.#describer().describe(bytes, start, end)
    const time = new Date(event.timeMs).toISOString()
    const facts = `dialect ${dialect}, time ${time}, page label ${labelOf(event)}`
    const note = 'note: a time before 1990, is the time unit of the dialect the right one (time: in the mapping)?'
    const old = event.timeMs < IMPLAUSIBLE_BEFORE_MS ? [note] : []
    return [facts, ...old, ...JSON.stringify(event, null, 2).split('\n')]
  }

  #describer(): Describer {
    const { options } = this.#pipeline
    let describer = this.#describers.get(options)
    if (describer === undefined) {
      describer = new Describer(options)
      this.#describers.set(options, describer)
    }
    return describer
  }
}

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
function excerpt({ bytes, start, end }: FileRecord): string {
  const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + EXCERPT_BYTES)))
  return `record: ${text}${end - start > EXCERPT_BYTES ? '…' : ''}`
}
