import { EVENT_TYPES, type EventType } from './click-event.ts'
import { isNumber, readDouble, readMicros } from './decimal.ts'
import { type Decoder, FIELD } from './decode.ts'
import { BUILT_IN_DIALECTS, type ConstantField, type Dialect } from './dialects.ts'
import { LATEST_TIME_MS, readEpoch, readIsoTime } from './event-time.ts'
import { Hash64 } from './hash.ts'
import { ABSENT, ESCAPED, NUMBER, STRING } from './json-scan.ts'
import { ACCEPTED, type Outcome, rejected } from './outcome.ts'
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

const INVALID_CURRENCY = rejected('invalid_currency')
const INVALID_DURATION = rejected('invalid_duration')
const INVALID_EVENT_ID = rejected('invalid_event_id')
const INVALID_PAGE = rejected('invalid_page')
const INVALID_PRICE = rejected('invalid_price')
const INVALID_SESSION_ID = rejected('invalid_session_id')
const INVALID_TIME = rejected('invalid_time')
const INVALID_TYPE = rejected('invalid_type')
const INVALID_USER = rejected('invalid_user')
const MISSING_TIME = rejected('missing_time')
const MISSING_TYPE = rejected('missing_type')
const MISSING_USER = rejected('missing_user')
const NEGATIVE_PRICE = rejected('negative_price')
const NUMBER_AS_STRING = rejected('number_as_string')
const TIME_OUT_OF_RANGE = rejected('time_out_of_range')

/** Plain numbers: a look into an object costs as much as checking a short field. */
const {
  userId: USER_ID,
  sessionId: SESSION_ID,
  eventId: EVENT_ID,
  type: TYPE,
  time: TIME,
  page: PAGE,
  duration: DURATION,
  price: PRICE,
  currency: CURRENCY,
} = FIELD

const CUSTOM = EVENT_TYPES.indexOf('custom')
const encoder = new TextEncoder()

/** What a dialect says beyond where its fields stand, ready for the hot path. */
interface Vocabulary {
  readonly words: TokenTable
  readonly types: Uint8Array
  readonly constants: Readonly<Partial<Record<ConstantField, Uint8Array>>>
}

function vocabularyOf(dialect: Dialect): Vocabulary {
  const types = new Map<string, EventType>(EVENT_TYPES.map((type) => [type, type]))
  for (const [alias, type] of Object.entries(dialect.types)) types.set(alias, type)
  return {
    words: new TokenTable([...types.keys()]),
    types: Uint8Array.from([...types.values()], (type) => EVENT_TYPES.indexOf(type)),
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
    const kind = this.#decoder.kind(USER_ID)
    if (kind === ABSENT) return MISSING_USER
    return this.#identity(USER_ID, kind, event.user, 0, 0, MISSING_USER, INVALID_USER)
  }

  #sessionKey(event: DecodedEvent): Outcome {
    const { user, key } = event
    key.lo = user.lo
    key.hi = user.hi
    const kind = this.#decoder.kind(SESSION_ID)
    if (kind === ABSENT || this.#options.sessionKey === 'user') {
      return kind <= ESCAPED || kind === NUMBER ? ACCEPTED : INVALID_SESSION_ID
    }
    return this.#identity(SESSION_ID, kind, key, user.lo, user.hi, ACCEPTED, INVALID_SESSION_ID)
  }

  #eventId(event: DecodedEvent, bytes: Uint8Array, start: number, end: number): Outcome {
    const kind = this.#decoder.kind(EVENT_ID)
    event.hasId = kind !== ABSENT
    if (event.hasId) {
      return this.#identity(EVENT_ID, kind, event.id, 0, 0, INVALID_EVENT_ID, INVALID_EVENT_ID)
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
    const kind = decoder.kind(TYPE)
    const { words, types, constants } = this.#vocabulary
    if (kind === ABSENT) {
      const constant = constants.type
      if (constant === undefined) return MISSING_TYPE
      event.type = types[words.find(constant, 0, constant.length)]!
      return ACCEPTED
    }
    if (kind > ESCAPED) return INVALID_TYPE
    decoder.text(TYPE)
    if (decoder.textStart === decoder.textEnd) return MISSING_TYPE
    const word = words.find(decoder.textBytes, decoder.textStart, decoder.textEnd)
    event.type = word < 0 ? CUSTOM : types[word]!
    return ACCEPTED
  }

  #time(event: DecodedEvent): Outcome {
    const decoder = this.#decoder
    const kind = decoder.kind(TIME)
    if (kind === ABSENT) return MISSING_TIME
    let timeMs: number
    if (this.#dialect.timeFormat === 'iso') {
      if (kind > ESCAPED) return INVALID_TIME
      decoder.text(TIME)
      if (decoder.textStart === decoder.textEnd) return MISSING_TIME
      timeMs = readIsoTime(decoder.textBytes, decoder.textStart, decoder.textEnd)
    } else {
      const fault = this.#number(TIME, kind, INVALID_TIME)
      if (fault !== ACCEPTED) return fault
      timeMs = readEpoch(decoder.textBytes, decoder.textStart, decoder.textEnd, this.#dialect.timeFormat)
    }
    if (Number.isNaN(timeMs)) return INVALID_TIME
    if (!(timeMs > 0 && timeMs < LATEST_TIME_MS)) return TIME_OUT_OF_RANGE
    event.timeMs = timeMs
    return ACCEPTED
  }

  #page(event: DecodedEvent): Outcome {
    const decoder = this.#decoder
    const kind = decoder.kind(PAGE)
    if (kind === ABSENT) {
      const constant = this.#vocabulary.constants.page
      event.pageStart = constant === undefined ? -1 : 0
      if (constant !== undefined) {
        event.pageBytes = constant
        event.pageEnd = constant.length
      }
      return ACCEPTED
    }
    if (kind > ESCAPED) return INVALID_PAGE
    decoder.text(PAGE)
    if (decoder.textEnd - decoder.textStart > LONGEST_PAGE_BYTES) return INVALID_PAGE
    if (event.pageBytes !== decoder.textBytes) event.pageBytes = decoder.textBytes
    event.pageStart = decoder.textStart === decoder.textEnd ? -1 : decoder.textStart
    event.pageEnd = decoder.textEnd
    return ACCEPTED
  }

  #duration(event: DecodedEvent): Outcome {
    event.durationMs = -1
    const decoder = this.#decoder
    const kind = decoder.kind(DURATION)
    if (kind === ABSENT) return ACCEPTED
    const fault = this.#number(DURATION, kind, INVALID_DURATION)
    if (fault !== ACCEPTED) return fault
    const value = readDouble(decoder.textBytes, decoder.textStart, decoder.textEnd)
    const durationMs = Math.round(this.#dialect.durationUnit === 'seconds' ? value * 1000 : value)
    if (!(durationMs >= 0 && durationMs <= LONGEST_DURATION_MS)) return INVALID_DURATION
    event.durationMs = durationMs
    return ACCEPTED
  }

  #price(event: DecodedEvent): Outcome {
    event.priceMicros = -1
    const decoder = this.#decoder
    const kind = decoder.kind(PRICE)
    if (kind === ABSENT) return ACCEPTED
    const fault = this.#number(PRICE, kind, INVALID_PRICE)
    if (fault !== ACCEPTED) return fault
    const micros = readMicros(decoder.textBytes, decoder.textStart, decoder.textEnd)
    if (micros < 0) return NEGATIVE_PRICE
    if (Number.isNaN(micros)) return INVALID_PRICE
    event.priceMicros = micros
    return ACCEPTED
  }

  #currency(event: DecodedEvent): Outcome {
    const decoder = this.#decoder
    const kind = decoder.kind(CURRENCY)
    if (kind === ABSENT) {
      const constant = this.#vocabulary.constants.currency
      event.currency = constant === undefined ? this.#defaultCurrency : packCurrency(constant, 0, constant.length)
      return ACCEPTED
    }
    if (kind > ESCAPED) return INVALID_CURRENCY
    decoder.text(CURRENCY)
    event.currency = packCurrency(decoder.textBytes, decoder.textStart, decoder.textEnd)
    return event.currency === 0 ? INVALID_CURRENCY : ACCEPTED
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
    return this.#dialect.numbersAsStrings || this.#options.numbersAsStrings ? ACCEPTED : NUMBER_AS_STRING
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
  for (let i = start; i < end; i++) if ((bytes[i]! - 0x30) >>> 0 > 9) return false
  return true
}
