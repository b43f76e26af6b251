import { type Decoder, FIELD } from '../contract/decode.ts'
import { EVENT_FIELDS, type EventField } from '../contract/dialects.ts'
import { ABSENT, ESCAPED, NUMBER, STRING } from '../contract/json-scan.ts'

/** `Z`, ` UTC` or an offset behind the time of day; a date alone needs none. */
const ZONED = /(?:[zZ]| UTC|[+-]\d\d(?::?\d\d)?)$/
const DATE_LENGTH = 10

export interface FieldSummary {
  readonly field: EventField
  /** Records that have it, other than as null. */
  readonly present: number
  /** Of the records that a dialect could be told of, 0 to 1. */
  readonly share: number
}

/** How complete the fields of an event are, whatever the dialect calls them. */
export class EventFields {
  /** Records read, by dialect. */
  readonly dialects = new Map<string, number>()
  /** Times as text that names no zone: they are taken for UTC. */
  withoutZone = 0
  readonly #present = new Float64Array(EVENT_FIELDS.length)
  #records = 0

  /** @param decoder has decoded the record, with all fields */
  add(decoder: Decoder): void {
    this.#records++
    const { name } = decoder.dialect
    this.dialects.set(name, (this.dialects.get(name) ?? 0) + 1)
    for (let field = 0; field < EVENT_FIELDS.length; field++)
      if (decoder.kind(field) !== ABSENT) this.#present[field]!++
    if (decoder.dialect.timeFormat === 'iso' && pointAtText(decoder, 'time') && !hasZone(decoder)) this.withoutZone++
  }

  summary(): FieldSummary[] {
    return EVENT_FIELDS.map((field, index) => ({
      field,
      present: this.#present[index]!,
      share: this.#present[index]! / Math.max(1, this.#records),
    }))
  }
}

/** Points the decoder's text at a field, if it is text or a number and not empty. */
export function pointAtText(decoder: Decoder, field: EventField): boolean {
  const kind = decoder.kind(FIELD[field])
  if (kind !== STRING && kind !== ESCAPED && kind !== NUMBER) return false
  decoder.text(FIELD[field])
  return decoder.textEnd > decoder.textStart
}

function hasZone({ textBytes, textStart, textEnd }: Decoder): boolean {
  const last = textBytes[textEnd - 1]!
  if (last === 0x5a || last === 0x43 || textEnd - textStart <= DATE_LENGTH) return true
  return ZONED.test(Buffer.from(textBytes.subarray(textStart + DATE_LENGTH, textEnd)).toString('latin1'))
}
