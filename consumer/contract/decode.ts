import { AUTO_RECOGNITION, BUILT_IN_DIALECTS, type Dialect, EVENT_FIELDS, type EventField } from './dialects.ts'
import { ABSENT, decodeUtf8, ESCAPED, JsonScanner, NULL } from './json-scan.ts'
import { ACCEPTED, type Outcome, rejected } from './outcome.ts'

/** Which dialects a topic is read with. Plain data. */
export interface DecodeOptions {
  /** `auto`: each record's own keys choose among the built-in dialects. */
  readonly dialect: Dialect | 'auto'
  /** A longer record is rejected unread. Bytes. */
  readonly maxRecordBytes: number
}

/** Position of each field in {@link EVENT_FIELDS}, the index the hot path uses. */
export const FIELD = Object.fromEntries(EVENT_FIELDS.map((field, index) => [field, index])) as Record<
  EventField,
  number
>

/** What the counters need; the rest of the ClickEvent is read only for people (inspect). */
export const COUNTED_FIELDS: readonly EventField[] = [
  'eventId',
  'userId',
  'sessionId',
  'type',
  'page',
  'time',
  'duration',
  'price',
  'currency',
]

/** One dialect over the scanner's slots: slots[FIELD.page] is where its page was noted, or -1. */
interface Plan {
  readonly dialect: Dialect
  readonly slots: Int8Array
}

const EMPTY = rejected('empty')
const TOO_LARGE = rejected('too_large')
const BYTE_ORDER_MARK = rejected('byte_order_mark')
const SCHEMA_REGISTRY_FRAME = rejected('schema_registry_frame')
const UNKNOWN_DIALECT = rejected('unknown_dialect')

const encoder = new TextEncoder()

/** First step: from a record's bytes to where its fields stand, without making objects or strings. */
export class Decoder {
  /** Dialect of the record decoded last. */
  dialect: Dialect
  /** Set by {@link text}: where the text stands that was asked for last. */
  textBytes: Uint8Array = new Uint8Array(0)
  textStart = 0
  textEnd = 0

  readonly #maxRecordBytes: number
  readonly #scanner: JsonScanner
  readonly #plans: readonly Plan[]
  readonly #recognition: readonly { readonly slot: number; readonly plan: Plan }[]
  #slots: Int8Array
  #bytes: Uint8Array = new Uint8Array(0)
  #scratch = new Uint8Array(1024)
  #scratchUsed = 0

  /** @param fields the fields that will be asked for: fewer make a faster scan */
  constructor(options: DecodeOptions, fields: readonly EventField[] = COUNTED_FIELDS) {
    this.#maxRecordBytes = options.maxRecordBytes
    const paths: string[] = []
    const slotOf = (path: string): number => {
      const known = paths.indexOf(path)
      return known >= 0 ? known : paths.push(path) - 1
    }
    const planOf = (dialect: Dialect): Plan => {
      const slots = new Int8Array(EVENT_FIELDS.length).fill(-1)
      for (const field of fields) {
        const path = dialect.fields[field]
        if (path !== undefined) slots[FIELD[field]] = slotOf(path)
      }
      return { dialect, slots }
    }
    if (options.dialect === 'auto') {
      const plans = new Map(
        Object.values(BUILT_IN_DIALECTS).map((dialect) => [dialect.name as string, planOf(dialect)]),
      )
      this.#plans = [...plans.values()]
      this.#recognition = AUTO_RECOGNITION.map(([key, name]) => ({ slot: slotOf(key), plan: plans.get(name)! }))
    } else {
      this.#plans = [planOf(options.dialect)]
      this.#recognition = []
    }
    this.#slots = this.#plans[0]!.slots
    this.dialect = this.#plans[0]!.dialect
    this.#scanner = new JsonScanner(paths)
  }

  decode(bytes: Uint8Array, start: number, end: number): Outcome {
    const length = end - start
    if (length <= 0) return EMPTY
    if (length > this.#maxRecordBytes) return TOO_LARGE
    const first = bytes[start]
    if (first === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) return BYTE_ORDER_MARK
    if (first === 0x00 && length >= 5) return SCHEMA_REGISTRY_FRAME
    const fault = this.#scanner.scan(bytes, start, end)
    if (fault !== ACCEPTED) return fault
    this.#bytes = bytes
    return this.#recognition.length === 0 ? ACCEPTED : this.#recognise()
  }

  /** Frees the room that unescaped texts took: those of records decoded before are gone. */
  forgetTexts(): void {
    this.#scratchUsed = 0
  }

  /** What stands at a field: one of the scanner's kinds; null counts as absent. */
  kind(field: number): number {
    const slot = this.#slots[field]!
    if (slot < 0) return ABSENT
    const kind = this.#scanner.kind[slot]!
    return kind === NULL ? ABSENT : kind
  }

  /** Points textBytes, textStart and textEnd at a field's text, escapes resolved. Only for kinds with a range. */
  text(field: number): void {
    const slot = this.#slots[field]!
    const { kind, start, end } = this.#scanner
    if (kind[slot] === ESCAPED) {
      this.#unescape(start[slot]!, end[slot]!)
    } else {
      // Most texts stand in the record: storing a reference that is there already costs as much as reading a short one.
      if (this.textBytes !== this.#bytes) this.textBytes = this.#bytes
      this.textStart = start[slot]!
      this.textEnd = end[slot]!
    }
  }

  #recognise(): Outcome {
    const { kind } = this.#scanner
    for (const { slot, plan } of this.#recognition) {
      if (kind[slot] !== ABSENT && kind[slot] !== NULL) {
        this.dialect = plan.dialect
        this.#slots = plan.slots
        return ACCEPTED
      }
    }
    return UNKNOWN_DIALECT
  }

  /** Earlier texts of the same record stay where they are: each goes behind the one before. */
  #unescape(start: number, end: number): void {
    const text: string = JSON.parse(`"${decodeUtf8(this.#bytes, start, end)}"`)
    const room = this.#scratchUsed + text.length * 3
    if (room > this.#scratch.length) {
      const larger = new Uint8Array(room * 2)
      larger.set(this.#scratch)
      this.#scratch = larger
    }
    const { written } = encoder.encodeInto(text, this.#scratch.subarray(this.#scratchUsed))
    this.textBytes = this.#scratch
    this.textStart = this.#scratchUsed
    this.#scratchUsed += written
    this.textEnd = this.#scratchUsed
  }
}
