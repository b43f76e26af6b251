import { EVENT_TYPES, type EventType } from '../../consumer/contract/click-event.ts'
import { isNumberText, type Json, NumberText } from './json.ts'

/** A user, session or event id as text, the number 7 and the text "7" being one; undefined for what is no id. */
export function idText(value: Json): string | undefined {
  if (typeof value === 'string') return value
  if (!(value instanceof NumberText)) return undefined
  if (/^\d+$/.test(value.text)) return value.text
  const number = Number(value.text)
  return Number.isFinite(number) ? String(number) : undefined
}

/** The digits of a number, whether it came as one or as text; undefined for what is none. */
export function digitsOf(value: Json): { readonly digits: string; readonly isText: boolean } | undefined {
  if (value instanceof NumberText) return { digits: value.text, isText: false }
  return typeof value === 'string' && isNumberText(value) ? { digits: value, isText: true } : undefined
}

const ALIASES: Readonly<Record<string, EventType>> = { view: 'page_view', pageview: 'page_view', cart: 'add_to_cart' }

/** The type an event name stands for; one that nobody knows is `custom`. */
export function typeNamed(name: string): EventType {
  const alias = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined
  return alias ?? EVENT_TYPES.find((type) => type === name) ?? 'custom'
}

const ISO_TIME =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[Zz]| UTC|([+-])(\d\d)(?::?(\d\d))?)?)?$/

/** Epoch ms of a date, a time and a zone, of which the last two may be left out; undefined when there is no such time. */
export function isoTimeMs(text: string): number | undefined {
  const found = ISO_TIME.exec(text)
  if (found === null) return undefined
  const [, date, hour = '00', minute = '00', second = '00', fraction = '', sign, zoneHour = '00', zoneMinute = '00'] =
    found
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3)
  if (Number(hour) > 23 || Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined
  const local = new Date(`${date}T${hour}:${minute}:${second}.${milliseconds}Z`)
  const isReal = !Number.isNaN(local.getTime()) && local.toISOString().startsWith(date!)
  const zoneMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000
  return isReal ? local.getTime() + (sign === '-' ? zoneMs : -zoneMs) : undefined
}

const MOST_MICROS = 9_000_000_000_000_000n

/** Millionths of the amount, rounded half away from zero at the seventh decimal; undefined from nine billion on. */
export function microsOf(digits: string): bigint | undefined {
  const plain = /^(-?)(\d+)(?:\.(\d+))?$/.exec(digits)
  const amount = plain === null ? roundedMicros(Number(digits)) : plainMicros(plain[2]!, plain[3] ?? '')
  if (amount === undefined || amount >= MOST_MICROS) return undefined
  return digits.startsWith('-') ? -amount : amount
}

function plainMicros(whole: string, decimals: string): bigint {
  const sevenPlaces = BigInt(whole + decimals.padEnd(7, '0').slice(0, 7))
  return (sevenPlaces + 5n) / 10n
}

/** Of what is written with an exponent, which the nearest double stands for. */
function roundedMicros(amount: number): bigint | undefined {
  const micros = Math.round(Math.abs(amount) * 1e6)
  return Number.isFinite(micros) ? BigInt(micros) : undefined
}
