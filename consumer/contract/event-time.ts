import { readDouble } from './decimal.ts'
import type { TimeFormat } from './dialects.ts'

/** Event times must lie in (0, 2100-01-01): a wrong unit lands far outside. Epoch milliseconds. */
export const LATEST_TIME_MS = Date.UTC(2100, 0, 1)

const DAY_MS = 86_400_000

/** Epoch milliseconds of a number in the given unit, rounded to the nearest; may be absurd. */
export function readEpoch(bytes: Uint8Array, start: number, end: number, unit: TimeFormat): number {
  const value = readDouble(bytes, start, end)
  switch (unit) {
    case 'seconds':
      return Math.round(value * 1000)
    case 'microseconds':
      return Math.round(value / 1000)
    case 'nanoseconds':
      return Math.round(value / 1e6)
    default:
      return Math.round(value)
  }
}

/**
 * Epoch milliseconds of `YYYY-MM-DD`, then optionally `T` or a blank and `hh:mm[:ss[.fraction]]`, then optionally
 * `Z`, ` UTC`, `±hh:mm`, `±hhmm` or `±hh`; without a zone it is UTC. The fraction is cut after milliseconds.
 * NaN when it is none of that or names no real day or time (RFC 3339 without leap seconds).
 */
export function readIsoTime(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 10 || bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return Number.NaN
  const year = digits(bytes, start, start + 4)
  const month = digits(bytes, start + 5, start + 7)
  const day = digits(bytes, start + 8, start + 10)
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN
  const midnight = daysSinceEpoch(year, month, day) * DAY_MS
  let i = start + 10
  if (i === end) return midnight
  if (bytes[i] !== 0x54 && bytes[i] !== 0x20 && bytes[i] !== 0x74) return Number.NaN

  if (end < i + 6 || bytes[i + 3] !== 0x3a) return Number.NaN
  const hour = digits(bytes, i + 1, i + 3)
  const minute = digits(bytes, i + 4, i + 6)
  if (!(hour <= 23 && minute <= 59)) return Number.NaN
  i += 6
  let ms = 0
  if (i < end && bytes[i] === 0x3a) {
    if (end < i + 3) return Number.NaN
    const second = digits(bytes, i + 1, i + 3)
    if (!(second <= 59)) return Number.NaN
    ms = second * 1000
    i += 3
    if (i < end && bytes[i] === 0x2e) {
      const point = i++
      let unit = 100
      while (i < end && bytes[i]! >= 0x30 && bytes[i]! <= 0x39) {
        ms += unit >= 1 ? (bytes[i]! - 0x30) * unit : 0
        unit /= 10
        i++
      }
      if (i === point + 1) return Number.NaN
    }
  }
  const zone = zoneOffsetMs(bytes, i, end)
  return midnight + hour * 3_600_000 + minute * 60_000 + ms - zone
}

function zoneOffsetMs(bytes: Uint8Array, from: number, end: number): number {
  const length = end - from
  if (length === 0) return 0
  const first = bytes[from]
  if (length === 1 && (first === 0x5a || first === 0x7a)) return 0
  if (
    length === 4 &&
    first === 0x20 &&
    bytes[from + 1] === 0x55 &&
    bytes[from + 2] === 0x54 &&
    bytes[from + 3] === 0x43
  )
    return 0
  if (first !== 0x2b && first !== 0x2d) return Number.NaN
  const sign = first === 0x2b ? 1 : -1
  const colon = length === 6 && bytes[from + 3] === 0x3a ? 1 : 0
  if (length !== 3 && length !== 5 + colon) return Number.NaN
  const hours = digits(bytes, from + 1, from + 3)
  const minutes = length === 3 ? 0 : digits(bytes, from + 3 + colon, from + 5 + colon)
  return hours <= 23 && minutes <= 59 ? sign * (hours * 3_600_000 + minutes * 60_000) : Number.NaN
}

/** NaN when one of them is no digit: every comparison with it is false. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]

function daysIn(year: number, month: number): number {
  if (month === 2 && isLeap(year)) return 29
  return DAYS_BEFORE_MONTH[month]! - DAYS_BEFORE_MONTH[month - 1]!
}

/** Days of the proleptic Gregorian calendar from 1970-01-01. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const past = year - 1
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - 477
  const leapToday = month > 2 && isLeap(year) ? 1 : 0
  return (year - 1970) * 365 + leapDays + DAYS_BEFORE_MONTH[month - 1]! + leapToday + day - 1
}
