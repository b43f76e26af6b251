import { readDouble } from './decimal.ts'
import { COUNTED_FIELDS, type DecodeOptions, Decoder, FIELD } from './decode.ts'
import type { Dialect, EventField } from './dialects.ts'
import { decodeUtf8, ESCAPED, NUMBER, OBJECT, STRING } from './json-scan.ts'
import { ACCEPTED, type Outcome, rejected } from './outcome.ts'
import { DecodedEvent, type ValidateOptions, Validator } from './validate.ts'

/** Everything that decides whether a record is a valid event, and what it says. */
export interface ReadingOptions extends DecodeOptions, ValidateOptions {}

const INTERNAL_ERROR = rejected('internal_error')

/**
 * Whether a record is a valid event, and what it says, for whoever looks at records one by one and keeps no state: the
 * pipeline's own reading, without its judgement of time, duplicates and bots. Everything but {@link read} is about the
 * record read last, and only after it was accepted.
 */
export class EventReader {
  readonly event = new DecodedEvent()
  readonly #decoder: Decoder
  readonly #validator: Validator

  /** @param fields those that {@link text} and {@link tree} are asked for, besides what validation needs */
  constructor(options: ReadingOptions, fields: readonly EventField[] = []) {
    this.#decoder = new Decoder(options, [...new Set([...COUNTED_FIELDS, ...fields])])
    this.#validator = new Validator(options, this.#decoder)
  }

  /** `accepted`, or why bytes[start, end) is no valid event. */
  read(bytes: Uint8Array, start: number, end: number): Outcome {
    this.#decoder.forgetTexts()
    try {
      const fault = this.#decoder.decode(bytes, start, end)
      return fault === ACCEPTED ? this.#validator.validate(this.event, bytes, start, end) : fault
    } catch {
      // A fault of ours costs this one record.
      return INTERNAL_ERROR
    }
  }

  get dialect(): Dialect {
    return this.#decoder.dialect
  }

  /** A field's text, undefined where there is none. A number is its shortest decimal text: 7 and 7.0 are the same id. */
  text(field: EventField): string | undefined {
    const kind = this.#decoder.kind(FIELD[field])
    if (kind !== STRING && kind !== ESCAPED && kind !== NUMBER) return undefined
    this.#decoder.text(FIELD[field])
    const { textBytes, textStart, textEnd } = this.#decoder
    const text = decodeUtf8(textBytes, textStart, textEnd)
    return kind === NUMBER && !/^\d+$/.test(text) ? String(readDouble(textBytes, textStart, textEnd)) : text
  }

  /** A field that is an object, undefined where it is not. */
  tree(field: EventField): Readonly<Record<string, unknown>> | undefined {
    if (this.#decoder.kind(FIELD[field]) !== OBJECT) return undefined
    this.#decoder.text(FIELD[field])
    const { textBytes, textStart, textEnd } = this.#decoder
    return JSON.parse(decodeUtf8(textBytes, textStart, textEnd)) as Readonly<Record<string, unknown>>
  }
}
