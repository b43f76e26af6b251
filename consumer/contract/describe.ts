import { type ClickEvent, EVENT_TYPES } from './click-event.ts'
import { EVENT_FIELDS, type EventField } from './dialects.ts'
import { EventReader, type ReadingOptions } from './event-reader.ts'
import { decodeUtf8 } from './json-scan.ts'
import { ACCEPTED, OUTCOMES } from './outcome.ts'
import { unpackCurrency } from './validate.ts'

/** A record as a person sees it: the whole event with the dialect it was read by. */
export interface Description {
  readonly event: ClickEvent
  readonly dialect: string
}

/** Makes whole ClickEvents, with strings and objects: for people, not for the hot path. */
export class Describer {
  readonly #reader: EventReader

  constructor(options: ReadingOptions) {
    this.#reader = new EventReader(options, EVENT_FIELDS)
  }

  /**
   * The event in bytes[start, end).
   * @throws {Error} when the record is no valid event: ask the pipeline first
   */
  describe(bytes: Uint8Array, start: number, end: number): Description {
    const outcome = this.#reader.read(bytes, start, end)
    if (outcome !== ACCEPTED) throw new Error(`the record is rejected as ${OUTCOMES[outcome]}, there is no event in it`)
    return { event: this.#event(), dialect: this.#reader.dialect.name }
  }

  #event(): ClickEvent {
    const { type, timeMs, durationMs, priceMicros, currency, pageBytes, pageStart, pageEnd } = this.#reader.event
    return {
      ...this.#named('eventId'),
      userId: this.#reader.text('userId')!,
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
    const text = this.#reader.text(field)
    return text === undefined || text === '' ? {} : ({ [field]: text } as Record<F, string>)
  }

  #tree<const F extends EventField>(field: F): Partial<Record<F, Readonly<Record<string, unknown>>>> {
    const tree = this.#reader.tree(field)
    return tree === undefined ? {} : ({ [field]: tree } as Record<F, Readonly<Record<string, unknown>>>)
  }
}

/** Millionths as a decimal with two places at least: 19.99. */
function decimalText(micros: number): string {
  const decimals = String(micros % 1_000_000)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${Math.floor(micros / 1_000_000)}.${decimals}`
}
