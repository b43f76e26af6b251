import { type ClickEvent, EVENT_TYPES } from '../contract/click-event.ts'
import { EVENT_FIELDS, type EventField } from '../contract/dialects.ts'
import { readDouble } from './decimal.ts'
import { type DecodeOptions, Decoder, FIELD } from './decode.ts'
import { decodeUtf8, ESCAPED, NUMBER, OBJECT, STRING } from './json-scan.ts'
import { ACCEPTED, OUTCOMES, type Outcome } from './outcome.ts'
import { DecodedEvent, unpackCurrency, type ValidateOptions, Validator } from './validate.ts'

/** A record as a person sees it: the whole event with the dialect it was read by. */
export interface Description {
  readonly event: ClickEvent
  readonly dialect: string
}

/** Makes whole ClickEvents, with strings and objects: for people, not for the hot path. */
export class Describer {
  readonly #decoder: Decoder
  readonly #validator: Validator
  readonly #decoded = new DecodedEvent()

  constructor(options: DecodeOptions & ValidateOptions) {
    this.#decoder = new Decoder(options, EVENT_FIELDS)
    this.#validator = new Validator(options, this.#decoder)
  }

  /**
   * The event in bytes[start, end).
   * @throws {Error} when the record is no valid event: ask the pipeline first
   */
  describe(bytes: Uint8Array, start: number, end: number): Description {
    const outcome: Outcome =
      this.#decoder.decode(bytes, start, end) || this.#validator.validate(this.#decoded, bytes, start, end)
    if (outcome !== ACCEPTED) throw new Error(`the record is rejected as ${OUTCOMES[outcome]}, there is no event in it`)
    return { event: this.#event(), dialect: this.#decoder.dialect.name }
  }

  #event(): ClickEvent {
    const { type, timeMs, durationMs, priceMicros, currency, pageBytes, pageStart, pageEnd } = this.#decoded
    return {
      ...this.#named('eventId'),
      userId: this.#text('userId')!,
      ...this.#named('sessionId'),
      type: EVENT_TYPES[type]!,
      ...(pageStart >= 0 && { page: decodeUtf8(pageBytes, pageStart, pageEnd) }),
      timeMs,
      ...(durationMs >= 0 && { durationMs }),
      ...this.#named('productId'),
      ...(priceMicros >= 0 && { price: decimalText(priceMicros) }),
      ...(currency !== 0 && { currency: unpackCurrency(currency) }),
      ...this.#named('category'),
      ...this.#named('brand'),
      ...this.#named('userAgent'),
      ...this.#tree('utm'),
      ...this.#tree('device'),
      ...this.#tree('geo'),
    }
  }

  #named<const F extends EventField>(field: F): Partial<Record<F, string>> {
    const text = this.#text(field)
    return text === undefined || text === '' ? {} : ({ [field]: text } as Record<F, string>)
  }

  /** A number is its shortest decimal text: 7 and 7.0 are the same id. */
  #text(field: EventField): string | undefined {
    const kind = this.#decoder.kind(FIELD[field])
    if (kind !== STRING && kind !== ESCAPED && kind !== NUMBER) return undefined
    this.#decoder.text(FIELD[field])
    const { textBytes, textStart, textEnd } = this.#decoder
    const text = decodeUtf8(textBytes, textStart, textEnd)
    return kind === NUMBER && !/^\d+$/.test(text) ? String(readDouble(textBytes, textStart, textEnd)) : text
  }

  #tree<const F extends EventField>(field: F): Partial<Record<F, Readonly<Record<string, unknown>>>> {
    if (this.#decoder.kind(FIELD[field]) !== OBJECT) return {}
    this.#decoder.text(FIELD[field])
    const { textBytes, textStart, textEnd } = this.#decoder
    const tree: unknown = JSON.parse(decodeUtf8(textBytes, textStart, textEnd))
    return { [field]: tree } as Record<F, Readonly<Record<string, unknown>>>
  }
}

/** Millionths as a decimal with two places at least: 19.99. */
function decimalText(micros: number): string {
  const decimals = String(micros % 1_000_000)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${Math.floor(micros / 1_000_000)}.${decimals}`
}
