import { harmless } from '../../consumer/harmless.ts'

/** So many rejected records are named: a faulty file has the same fault in all of them. */
const NAMED = 5
/** Of a record that was rejected, so much is shown. */
const SHOWN_CHARACTERS = 120

/** What a collector says about a record it did not take. */
export interface RejectedRecord {
  /** Place in the request, from 0. */
  readonly index: number
  readonly reason: string
}

export interface RejectedRecords {
  /** The first of them. */
  readonly named: readonly RejectedRecord[]
  readonly total: number
}

/** Records that a receiver took for no events: how many, and the first few in words. */
export class Rejections {
  readonly #first: string[] = []
  #total = 0

  get total(): number {
    return this.#total
  }

  /** `missing_user: {"page":"/"}`, in the order they were rejected. */
  get first(): readonly string[] {
    return this.#first
  }

  /** @param values the records of the request */
  add({ named, total }: RejectedRecords, values: readonly Uint8Array[]): void {
    this.#total += total
    for (const { index, reason } of named.slice(0, NAMED - this.#first.length)) {
      this.#first.push(`${harmless(reason)}: ${harmless(beginningOf(values[index]))}`)
    }
  }
}

/** The rejected records that a collector's answer names; undefined when it is no such answer. */
export function rejectedIn(answer: string): RejectedRecords | undefined {
  const document = parsed(answer)
  if (typeof document !== 'object' || document === null) return undefined
  const { rejected, rejected_total: total } = document as { rejected?: unknown; rejected_total?: unknown }
  if (!Array.isArray(rejected)) return undefined
  const named = rejected.filter(isRejectedRecord)
  return { named, total: Number.isSafeInteger(total) ? Math.max(total as number, named.length) : named.length }
}

function isRejectedRecord(value: unknown): value is RejectedRecord {
  const { index, reason } = (value ?? {}) as Partial<RejectedRecord>
  return Number.isSafeInteger(index) && typeof reason === 'string'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function beginningOf(value: Uint8Array = new Uint8Array(0)): string {
  const text = new TextDecoder().decode(value.subarray(0, 4 * SHOWN_CHARACTERS))
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)} ...` : text
}
