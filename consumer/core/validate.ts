import { EVENT_TYPES } from '../contract/click-event.ts'
import { BUILT_IN_DIALECTS, type ConstantField, type Dialect } from '../contract/dialects.ts'
import { isNumber, readDouble, readMicros } from './decimal.ts'
import { type Decoder, FIELD } from './decode.ts'
import { LATEST_TIME_MS, readEpoch, readIsoTime } from './event-time.ts'
import { Hash64 } from './hash.ts'
import { ABSENT, ESCAPED, NUMBER, STRING } from './json-scan.ts'
import { ACCEPTED, type Outcome, type RejectReason, rejected } from './outcome.ts'
import { TokenTable } from './token-table.ts'

export const SESSION_KEYS = ['user', 'session'] as const
export type SessionKey = (typeof SESSION_KEYS)[number]

/** Which events are valid and what their keys are. Plain data. */
export interface ValidateOptions {
  /** `session`: user and given session id together. */
  readonly sessionKey: SessionKey
  /** Currency of prices that name none: three upper-case letters, or empty for none. */
  readonly defaultCurrency: string
  /** Numbers may come as text whatever the dialect says, as in CSV files. */
  readonly numbersAsStrings: boolean
  /** Takes the record's whole bytes for its id where it carries none. */
  readonly dedupeRows: boolean
}

/** A valid event as the hot path carries it: one object, overwritten by each record. */
export class DecodedEvent {
  readonly id = new Hash64()
  readonly user = new Hash64()
  /** What its session is found by. */
  readonly key = new Hash64()
  hasId = false
  /** Index into EVENT_TYPES. */
  type = 0
  timeMs = 0
  /** -1 when none was reported. */
  durationMs = 0
  /** Millionths of a currency unit; -1 when there is no price. */
  priceMicros = 0
  /** Three letters packed by {@link packCurrency}; 0 when there is none. */
  currency = 0
  /** The page's text is pageBytes[pageStart, pageEnd); pageStart is -1 when there is none. */
  pageBytes: Uint8Array = new Uint8Array(0)
  pageStart = -1
  pageEnd = -1
}

/** A reported duration beyond this is a fault, not a visit. */
const LONGEST_DURATION_MS = 86_400_000
const LONGEST_PAGE_BYTES = 8192

const FAULT = Object.fromEntries(
  (
    [
      'missing_user',
      'invalid_user',
      'missing_type',
      'invalid_type',
      'missing_time',
      'invalid_time',
      'time_out_of_range',
      'invalid_event_id',
      'invalid_session_id',
      'invalid_page',
      'invalid_duration',
      'invalid_price',
      'negative_price',
      'invalid_currency',
      'number_as_string',
    ] as const
  ).map((reason) => [reason, rejected(reason)]),
) as Record<RejectReason, Outcome>

const CUSTOM = EVENT_TYPES.indexOf('custom')
const encoder = new TextEncoder()

/** What a dialect says beyond where its fields stand, ready for the hot path. */
interface Vocabulary {
  readonly words: TokenTable
  readonly types: Uint8Array
  readonly constants: Readonly<Partial<Record<ConstantField, Uint8Array>>>
}

function vocabularyOf(dialect: Dialect): Vocabulary {
  const types = new Map<string, string>(EVENT_TYPES.map((type) => [type, type]))
  for (const [alias, type] of Object.entries(dialect.types)) types.set(alias, type)
  return {
    words: new TokenTable([...types.keys()]),
    types: Uint8Array.from([...types.values()], (type) => EVENT_TYPES.findIndex((known) => known === type)),
    constants: Object.fromEntries(
      Object.entries(dialect.constants).map(([field, text]) => [field, encoder.encode(text)]),
    ),
  }
}

/** Second step: from where the fields stand to a valid event, or the reason why it is none. */
export class Validator {
  readonly #options: ValidateOptions
  readonly #decoder: Decoder
  readonly #vocabularies = new Map<Dialect, Vocabulary>()
  readonly #defaultCurrency: number
  #dialect: Dialect
  #vocabulary: Vocabulary

  constructor(options: ValidateOptions, decoder: Decoder) {
    this.#options = options
    this.#decoder = decoder
    this.#defaultCurrency = options.defaultCurrency === '' ? 0 : packText(options.defaultCurrency)
    for (const dialect of [decoder.dialect, ...Object.values(BUILT_IN_DIALECTS)])
      this.#vocabularies.set(dialect, vocabularyOf(dialect))
    this.#dialect = decoder.dialect
    this.#vocabulary = this.#vocabularies.get(decoder.dialect)!
  }

  /** Fills `event` from the record decoded last, which stands at bytes[start, end). */
  validate(event: DecodedEvent, bytes: Uint8Array, start: number, end: number): Outcome {
    const decoder = this.#decoder
    if (decoder.dialect !== this.#dialect) {
      this.#dialect = decoder.dialect
      this.#vocabulary = this.#vocabularies.get(decoder.dialect)!
    }
    return (
      this.#user(event) ||
      this.#type(event) ||
      this.#time(event) ||
      this.#sessionKey(event) ||
      this.#eventId(event, bytes, start, end) ||
      this.#page(event) ||
      this.#duration(event) ||
      this.#price(event) ||
      this.#currency(event)
    )
  }

  #user(event: DecodedEvent): Outcome {
    const kind = this.#decoder.kind(FIELD.userId)
    if (kind === ABSENT) return FAULT.missing_user
    return this.#identity(FIELD.userId, kind, event.user, 0, 0, FAULT.missing_user, FAULT.invalid_user)
  }

  #sessionKey(event: DecodedEvent): Outcome {
    const { user, key } = event
    key.lo = user.lo
    key.hi = user.hi
    const kind = this.#decoder.kind(FIELD.sessionId)
    if (kind === ABSENT || this.#options.sessionKey === 'user') {
      return kind <= ESCAPED || kind === NUMBER ? ACCEPTED : FAULT.invalid_session_id
    }
    return this.#identity(FIELD.sessionId, kind, key, user.lo, user.hi, ACCEPTED, FAULT.invalid_session_id)
  }

  #eventId(event: DecodedEvent, bytes: Uint8Array, start: number, end: number): Outcome {
    const kind = this.#decoder.kind(FIELD.eventId)
    event.hasId = kind !== ABSENT
    if (event.hasId) {
      return this.#identity(FIELD.eventId, kind, event.id, 0, 0, FAULT.invalid_event_id, FAULT.invalid_event_id)
    }
    if (this.#options.dedupeRows) {
      event.hasId = true
      event.id.of(bytes, start, end)
    }
    return ACCEPTED
  }

  /** Hashes an id's text; a number is the same id as its shortest decimal text. */
  #identity(
    field: number,
    kind: number,
    into: Hash64,
    seedLo: number,
    seedHi: number,
    whenEmpty: Outcome,
    whenWrong: Outcome,
  ): Outcome {
    const decoder = this.#decoder
    if (kind > NUMBER) return whenWrong
    decoder.text(field)
    const { textBytes, textStart, textEnd } = decoder
    if (textStart === textEnd) return whenEmpty
    if (kind === NUMBER && !isPlainInteger(textBytes, textStart, textEnd)) {
      const value = readDouble(textBytes, textStart, textEnd)
      if (!Number.isFinite(value)) return whenWrong
      const text = encoder.encode(String(value))
      into.of(text, 0, text.length, seedLo, seedHi)
      return ACCEPTED
    }
    into.of(textBytes, textStart, textEnd, seedLo, seedHi)
    return ACCEPTED
  }

  #type(event: DecodedEvent): Outcome {
    const decoder = this.#decoder
    const kind = decoder.kind(FIELD.type)
    const { words, types, constants } = this.#vocabulary
    if (kind === ABSENT) {
      const constant = constants.type
      if (constant === undefined) return FAULT.missing_type
      event.type = types[words.find(constant, 0, constant.length)]!
      return ACCEPTED
    }
    if (kind > ESCAPED) return FAULT.invalid_type
    decoder.text(FIELD.type)
    if (decoder.textStart === decoder.textEnd) return FAULT.missing_type
    const word = words.find(decoder.textBytes, decoder.textStart, decoder.textEnd)
    event.type = word < 0 ? CUSTOM : types[word]!
    return ACCEPTED
  }

  #time(event: DecodedEvent): Outcome {
    const decoder = this.#decoder
    const kind = decoder.kind(FIELD.time)
    if (kind === ABSENT) return FAULT.missing_time
    let timeMs: number
    if (this.#dialect.timeFormat === 'iso') {
      if (kind > ESCAPED) return FAULT.invalid_time
      decoder.text(FIELD.time)
      if (decoder.textStart === decoder.textEnd) return FAULT.missing_time
      timeMs = readIsoTime(decoder.textBytes, decoder.textStart, decoder.textEnd)
    } else {
      const fault = this.#number(FIELD.time, kind, FAULT.invalid_time)
      if (fault !== ACCEPTED) return fault
      timeMs = readEpoch(decoder.textBytes, decoder.textStart, decoder.textEnd, this.#dialect.timeFormat)
    }
    if (Number.isNaN(timeMs)) return FAULT.invalid_time
    if (!(timeMs > 0 && timeMs < LATEST_TIME_MS)) return FAULT.time_out_of_range
    event.timeMs = timeMs
    return ACCEPTED
  }

  #page(event: DecodedEvent): Outcome {
    const decoder = this.#decoder
    const kind = decoder.kind(FIELD.page)
    if (kind === ABSENT) {
      const constant = this.#vocabulary.constants.page
      event.pageStart = constant === undefined ? -1 : 0
      if (constant !== undefined) {
        event.pageBytes = constant
        event.pageEnd = constant.length
      }
      return ACCEPTED
    }
    if (kind > ESCAPED) return FAULT.invalid_page
    decoder.text(FIELD.page)
    if (decoder.textEnd - decoder.textStart > LONGEST_PAGE_BYTES) return FAULT.invalid_page
    event.pageBytes = decoder.textBytes
    event.pageStart = decoder.textStart === decoder.textEnd ? -1 : decoder.textStart
    event.pageEnd = decoder.textEnd
    return ACCEPTED
  }

  #duration(event: DecodedEvent): Outcome {
    event.durationMs = -1
    const decoder = this.#decoder
    const kind = decoder.kind(FIELD.duration)
    if (kind === ABSENT) return ACCEPTED
    const fault = this.#number(FIELD.duration, kind, FAULT.invalid_duration)
    if (fault !== ACCEPTED) return fault
    const value = readDouble(decoder.textBytes, decoder.textStart, decoder.textEnd)
    const durationMs = Math.round(this.#dialect.durationUnit === 'seconds' ? value * 1000 : value)
    if (!(durationMs >= 0 && durationMs <= LONGEST_DURATION_MS)) return FAULT.invalid_duration
    event.durationMs = durationMs
    return ACCEPTED
  }

  #price(event: DecodedEvent): Outcome {
    event.priceMicros = -1
    const decoder = this.#decoder
    const kind = decoder.kind(FIELD.price)
    if (kind === ABSENT) return ACCEPTED
    const fault = this.#number(FIELD.price, kind, FAULT.invalid_price)
    if (fault !== ACCEPTED) return fault
    const micros = readMicros(decoder.textBytes, decoder.textStart, decoder.textEnd)
    if (micros < 0) return FAULT.negative_price
    if (Number.isNaN(micros)) return FAULT.invalid_price
    event.priceMicros = micros
    return ACCEPTED
  }

  #currency(event: DecodedEvent): Outcome {
    const decoder = this.#decoder
    const kind = decoder.kind(FIELD.currency)
    if (kind === ABSENT) {
      const constant = this.#vocabulary.constants.currency
      event.currency = constant === undefined ? this.#defaultCurrency : packCurrency(constant, 0, constant.length)
      return ACCEPTED
    }
    if (kind > ESCAPED) return FAULT.invalid_currency
    decoder.text(FIELD.currency)
    event.currency = packCurrency(decoder.textBytes, decoder.textStart, decoder.textEnd)
    return event.currency === 0 ? FAULT.invalid_currency : ACCEPTED
  }

  /** Points the decoder's text at a number; a number as text passes only where the dialect has numbers as text. */
  #number(field: number, kind: number, whenWrong: Outcome): Outcome {
    if (kind === NUMBER) {
      this.#decoder.text(field)
      return ACCEPTED
    }
    if (kind !== STRING && kind !== ESCAPED) return whenWrong
    const decoder = this.#decoder
    decoder.text(field)
    if (!isNumber(decoder.textBytes, decoder.textStart, decoder.textEnd)) return whenWrong
    return this.#dialect.numbersAsStrings || this.#options.numbersAsStrings ? ACCEPTED : FAULT.number_as_string
  }
}

/** ISO 4217 letters, either case, as one integer; 0 when they are not three letters. */
export function packCurrency(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 3) return 0
  let packed = 0
  for (let i = start; i < end; i++) {
    const upper = bytes[i]! & 0xdf
    if (upper < 0x41 || upper > 0x5a) return 0
    packed = (packed << 8) | upper
  }
  return packed
}

const packText = (code: string): number => packCurrency(encoder.encode(code), 0, code.length)

export const unpackCurrency = (packed: number): string =>
  String.fromCharCode((packed >> 16) & 0xff, (packed >> 8) & 0xff, packed & 0xff)

function isPlainInteger(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return false
  return true
}
