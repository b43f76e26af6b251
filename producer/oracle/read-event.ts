import { isUtf8 } from 'node:buffer'
import { isbot } from 'isbot'
import { fieldsOf, isMissing, type RecordFields } from './dialect-fields.ts'
import type { OracleOptions, ReferenceEvent } from './event.ts'
import { digitsOf, idText, isoTimeMs, microsOf, typeNamed } from './field-values.ts'
import { type Json, type JsonFault, NumberText, readJson } from './json.ts'
import { labelOfPage } from './page-label.ts'

/** Why a record is no event, in the words of the metrics. */
export type Refusal =
  | JsonFault
  | 'empty'
  | 'too_large'
  | 'byte_order_mark'
  | 'schema_registry_frame'
  | 'invalid_utf8'
  | 'not_an_object'
  | 'unknown_dialect'
  | `missing_${'user' | 'type' | 'time'}`
  | `invalid_${'user' | 'type' | 'time' | 'event_id' | 'session_id' | 'page' | 'duration' | 'price' | 'currency'}`
  | 'time_out_of_range'
  | 'negative_price'
  | 'number_as_string'

export type ReadOptions = Pick<
  OracleOptions,
  'dialect' | 'defaultCurrency' | 'maxRecordBytes' | 'sessionKey' | 'dropBots'
>

/** A field's value, or why there is no event. */
type Read<Value> = { readonly value: Value; readonly refusal?: never } | { readonly refusal: Refusal }

const refuse = (refusal: Refusal): { readonly refusal: Refusal } => ({ refusal })
const NOTHING = { value: undefined }

const LONGEST_PAGE_BYTES = 8_192
const LONGEST_DURATION_MS = 24 * 60 * 60 * 1_000
const END_OF_TIME_MS = Date.parse('2100-01-01T00:00:00Z')

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The event a record holds, its page as a label, or the first thing that is wrong. Names bots only if they matter. */
export function readEvent(
  bytes: Uint8Array,
  logTimeMs: number,
  options: ReadOptions,
): { readonly event: ReferenceEvent; readonly refusal?: never } | { readonly refusal: Refusal } {
  const flaw = flawOfBytes(bytes, options.maxRecordBytes)
  if (flaw !== undefined) return refuse(flaw)
  const json = readJson(utf8.decode(bytes))
  if ('fault' in json) return refuse(json.fault)
  if (!isUtf8(bytes)) return refuse('invalid_utf8')
  if (!(json.value instanceof Map)) return refuse('not_an_object')
  const fields = fieldsOf(json.value, options.dialect)
  if (fields === undefined) return refuse('unknown_dialect')

  // In this order: of several things that are wrong the first is the reason.
  const user = readUser(fields)
  if (user.refusal) return user
  const type = readType(fields)
  if (type.refusal) return type
  const timeMs = readTime(fields)
  if (timeMs.refusal) return timeMs
  const session = readSession(fields.session, options.sessionKey)
  if (session.refusal) return session
  const id = readEventId(fields.id)
  if (id.refusal) return id
  const page = readPage(fields.page)
  if (page.refusal) return page
  const durationMs = readDuration(fields)
  if (durationMs.refusal) return durationMs
  const priceMicros = readPrice(fields)
  if (priceMicros.refusal) return priceMicros
  const currency = readCurrency(fields.currency, options.defaultCurrency)
  if (currency.refusal) return currency

  return {
    event: {
      ...(id.value !== undefined && { id: id.value }),
      user: user.value,
      ...(session.value && { session: session.value }),
      type: type.value,
      ...(page.value !== undefined && { page: page.value }),
      timeMs: timeMs.value,
      logTimeMs,
      ...(durationMs.value !== undefined && { durationMs: durationMs.value }),
      ...(priceMicros.value !== undefined && { priceMicros: priceMicros.value }),
      ...(currency.value !== undefined && { currency: currency.value }),
      ...(options.dropBots && typeof fields.userAgent === 'string' && { bot: isbot(fields.userAgent) }),
    },
  }
}

function flawOfBytes(bytes: Uint8Array, maxBytes: number): Refusal | undefined {
  if (bytes.length === 0) return 'empty'
  if (bytes.length > maxBytes) return 'too_large'
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'byte_order_mark'
  return bytes[0] === 0 && bytes.length >= 5 ? 'schema_registry_frame' : undefined
}

function readUser({ user }: RecordFields): Read<string> {
  if (isMissing(user) || user === '') return refuse('missing_user')
  const text = idText(user)
  return text === undefined ? refuse('invalid_user') : { value: text }
}

function readType({ type }: RecordFields): Read<ReferenceEvent['type']> {
  if (isMissing(type) || type === '') return refuse('missing_type')
  return typeof type === 'string' ? { value: typeNamed(type) } : refuse('invalid_type')
}

function readTime({ time, isTimeText, takesNumbersAsText }: RecordFields): Read<number> {
  if (isMissing(time) || (isTimeText && time === '')) return refuse('missing_time')
  let timeMs: number | undefined
  if (isTimeText) {
    timeMs = typeof time === 'string' ? isoTimeMs(time) : undefined
    if (timeMs === undefined) return refuse('invalid_time')
  } else {
    const digits = readDigits(time, takesNumbersAsText, 'invalid_time')
    if (digits.refusal) return digits
    timeMs = Math.round(Number(digits.value) * 1_000)
  }
  return timeMs > 0 && timeMs < END_OF_TIME_MS ? { value: timeMs } : refuse('time_out_of_range')
}

/** Where sessions are keyed by user alone, a session id must be text or a number, and is not looked at otherwise. */
function readSession(value: Json | undefined, sessionKey: ReadOptions['sessionKey']): Read<string | undefined> {
  if (isMissing(value)) return NOTHING
  const isId = typeof value === 'string' || value instanceof NumberText
  const text = sessionKey === 'session' ? idText(value) : ''
  return isId && text !== undefined ? { value: text } : refuse('invalid_session_id')
}

function readEventId(value: Json | undefined): Read<string | undefined> {
  if (isMissing(value)) return NOTHING
  const text = idText(value)
  return text === undefined || text === '' ? refuse('invalid_event_id') : { value: text }
}

function readPage(value: Json | undefined): Read<string | undefined> {
  if (isMissing(value)) return NOTHING
  const isPage = typeof value === 'string' && Buffer.byteLength(value) <= LONGEST_PAGE_BYTES
  return isPage ? { value: labelOfPage(value) } : refuse('invalid_page')
}

function readDuration({ duration, takesNumbersAsText }: RecordFields): Read<number | undefined> {
  if (isMissing(duration)) return NOTHING
  const digits = readDigits(duration, takesNumbersAsText, 'invalid_duration')
  if (digits.refusal) return digits
  const durationMs = Math.round(Number(digits.value) * 1_000)
  return durationMs >= 0 && durationMs <= LONGEST_DURATION_MS ? { value: durationMs } : refuse('invalid_duration')
}

function readPrice({ price, takesNumbersAsText }: RecordFields): Read<bigint | undefined> {
  if (isMissing(price)) return NOTHING
  const digits = readDigits(price, takesNumbersAsText, 'invalid_price')
  if (digits.refusal) return digits
  const micros = microsOf(digits.value)
  if (micros === undefined) return refuse('invalid_price')
  return micros < 0n ? refuse('negative_price') : { value: micros }
}

function readCurrency(value: Json | undefined, defaultCurrency: string): Read<string | undefined> {
  if (isMissing(value)) return { value: defaultCurrency === '' ? undefined : defaultCurrency }
  const isCode = typeof value === 'string' && /^[a-zA-Z]{3}$/.test(value)
  return isCode ? { value: value.toUpperCase() } : refuse('invalid_currency')
}

function readDigits(value: Json, takesText: boolean, whenWrong: Refusal): Read<string> {
  const found = digitsOf(value)
  if (found === undefined) return refuse(whenWrong)
  return found.isText && !takesText ? refuse('number_as_string') : { value: found.digits }
}
