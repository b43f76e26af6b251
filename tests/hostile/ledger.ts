import { REJECT_REASONS } from '../../consumer/contract/outcome.ts'
import { STATUSES } from '../../producer/collect/collector-metrics.ts'
import type { Answer } from './answer-reader.ts'
import type { Conversation } from './raw-connection.ts'
import type { HostileRequest } from './wire.ts'

interface Taken {
  readonly status: string
  readonly processed: number
  readonly duplicates?: number
  readonly rejected?: readonly { readonly index: number; readonly reason: string; readonly fix: string }[]
  readonly rejected_total?: number
}

const MOST_FAULTS = 30
const KNOWN_STATUSES: ReadonlySet<number> = new Set(STATUSES)
const REASONS: ReadonlySet<string> = new Set(REJECT_REASONS)

/** What the answers to hostile requests said, added up, and what was wrong with them. */
export class Ledger {
  requests = 0
  /** Those whose connections were cut: whether they were answered only the other side knows. */
  cut = 0
  answers = 0
  /** Of answers to bodies whose records are clear. */
  recordsSent = 0
  accepted = 0
  duplicates = 0
  rejected = 0
  /** Sentences, the first few. */
  readonly faults: string[] = []
  readonly byStatus = new Map<number, number>()
  readonly byOutcome = new Map<string, number>()
  readonly byReason = new Map<string, number>()
  /** Bytes of what was taken, as Latin-1, and how often. */
  readonly #taken = new Map<string, number>()
  readonly #unclear: string[] = []

  readonly hear = (request: HostileRequest, { answers, fault }: Conversation): void => {
    this.requests++
    if (request.answers === 'none') this.cut++
    if (fault !== undefined) this.#fault(request, fault)
    for (const answer of answers) this.#answer(request, answer)
  }

  /** Whether a value that the log holds was taken, each one only as often as it was. Call it once for each value. */
  explains(value: string): boolean {
    const texts = sentAs(value)
    const taken = texts.find((text) => (this.#taken.get(text) ?? 0) > 0)
    if (taken === undefined) return this.#unclear.some((body) => texts.some((text) => body.includes(text)))
    this.#taken.set(taken, this.#taken.get(taken)! - 1)
    return true
  }

  #answer(request: HostileRequest, answer: Answer): void {
    const { status } = answer
    this.answers++
    add(this.byStatus, status)
    if (!request.statuses.includes(status)) this.#fault(request, `answered ${status} ${excerpt(answer.body)}`)
    if (!KNOWN_STATUSES.has(status)) this.#fault(request, `answered ${status}, which no metric counts`)
    const said = status === 204 ? {} : jsonIn(answer.body)
    if (said === undefined) this.#fault(request, `${status} without JSON: ${excerpt(answer.body)}`)
    else if ('processed' in said) this.#records(request, status, said as unknown as Taken)
    else if (status >= 400) this.#refusal(request, answer, said)
    else add(this.byOutcome, `${status}`)
  }

  #refusal(request: HostileRequest, { status, headers }: Answer, said: Readonly<Record<string, unknown>>): void {
    const { status: word, reason, message } = said
    add(this.byOutcome, `${status} ${reason}`)
    if (word !== 'refused' || !/^[a-z_]+$/.test(String(reason)) || String(message ?? '').length < 10) {
      this.#fault(request, `a refusal that says too little: ${JSON.stringify(said)}`)
    }
    if (status === 405 && !headers.has('allow')) this.#fault(request, '405 without Allow')
    if ([429, 503].includes(status) && !headers.has('retry-after'))
      this.#fault(request, `${status} without Retry-After`)
  }

  #records({ kind, records, unclear }: HostileRequest, status: number, said: Taken): void {
    const { processed, duplicates = 0, rejected = [], rejected_total: total = rejected.length } = said
    add(this.byOutcome, `${status} ${said.status}`)
    this.accepted += processed - duplicates
    this.duplicates += duplicates
    this.rejected += total
    for (const { index, reason, fix } of rejected) {
      add(this.byReason, reason)
      if (!REASONS.has(reason) || fix.length === 0 || !Number.isInteger(index)) {
        this.#fault({ kind }, `a rejected record that says too little: ${JSON.stringify({ index, reason, fix })}`)
      }
    }
    if ((status === 422) !== (processed === 0 && total > 0)) this.#fault({ kind }, `${status} ${JSON.stringify(said)}`)
    if (records === undefined) {
      if (processed > 0 && unclear !== undefined) this.#unclear.push(unclear.toString('latin1'))
      return
    }
    this.recordsSent += records.length
    if (processed + total !== records.length) this.#fault({ kind }, `${records.length} sent: ${JSON.stringify(said)}`)
    const notTaken = new Set(rejected.map(({ index }) => index))
    for (const [index, record] of records.entries()) {
      if (!notTaken.has(index)) add(this.#taken, record.toString('latin1'))
    }
  }

  #fault(request: Pick<HostileRequest, 'kind'> & Partial<HostileRequest>, what: string): void {
    if (this.faults.length === MOST_FAULTS) return
    const sent =
      request.bytes === undefined ? '' : `; sent: ${JSON.stringify(request.bytes.toString('latin1', 0, 400))}`
    this.faults.push(`${request.kind}: ${what}${sent}`)
  }

  /** One line for each status and reason, most first. */
  table(): string {
    const lines = (counts: ReadonlyMap<string, number>): string[] =>
      [...counts].sort(([, a], [, b]) => b - a).map(([what, count]) => `  ${String(count).padStart(7)}  ${what}`)
    return [
      `${this.requests} requests, ${this.answers} answers, ${this.cut} cut; ${this.recordsSent} records in clear bodies`,
      `${this.accepted} accepted, ${this.duplicates} duplicates, ${this.rejected} rejected`,
      'answers:',
      ...lines(this.byOutcome),
      'rejected records, the first hundred of each answer:',
      ...lines(this.byReason),
    ].join('\n')
  }
}

const GIVEN_ID = /"event_id":"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"/

/** What may have been sent to make it: itself, or the same without the id it was given, in front or for a null. */
const sentAs = (value: string): string[] => [
  value,
  value.replace(new RegExp(`^\\{${GIVEN_ID.source},?`), '{'),
  value.replace(GIVEN_ID, '"event_id":null'),
]

const add = <Key>(counts: Map<Key, number>, key: Key): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

const excerpt = (body: Buffer): string => JSON.stringify(body.toString('latin1', 0, 300))

function jsonIn(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
