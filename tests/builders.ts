import type { EventType } from '../consumer/contract/click-event.ts'
import type { ReferenceEvent } from '../producer/oracle/event.ts'

const DAY_START_MS = Date.UTC(2024, 4, 1)

/**
 * Epoch ms of a time of day on 2024-05-01 UTC, 'HH:MM:SS' or 'HH:MM:SS.mmm'. Hours go on after 23: '25:00:00' is one
 * o'clock the next day.
 * @throws {RangeError} when the text is not such a time
 */
export function at(time: string): number {
  const parts = /^(\d\d):([0-5]\d):([0-5]\d)(?:\.(\d\d\d))?$/.exec(time)
  if (parts === null) throw new RangeError(`time '${time}': write it as 'HH:MM:SS' or 'HH:MM:SS.mmm'`)
  const [hours, minutes, seconds, ms] = parts.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
  ]
  return DAY_START_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
}

/** What a test says about an event; the rest is a page view of '/home' by ann, logged when it happened. */
export type ClickEventWords = Partial<Omit<ReferenceEvent, 'timeMs' | 'logTimeMs' | 'page'>> & {
  /** Event time, as {@link at} takes it. */
  at: string
  /** Log time, as {@link at} takes it; the event time unless given. */
  loggedAt?: string
  /** `undefined` makes an event without a page. */
  page?: string | undefined
}

export function aClickEvent({ at: time, loggedAt = time, ...words }: ClickEventWords): ReferenceEvent {
  const { page, ...rest } = { user: 'ann', type: 'page_view' as const, page: '/home', ...words }
  return { ...rest, ...(page !== undefined && { page }), timeMs: at(time), logTimeMs: at(loggedAt) }
}

const ACTION_OF: Record<EventType, string> = {
  page_view: 'view',
  click: 'click',
  scroll: 'scroll',
  search: 'search',
  add_to_cart: 'add_to_cart',
  remove_from_cart: 'remove_from_cart',
  checkout: 'checkout',
  purchase: 'purchase',
  custom: 'custom',
}

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
const CRAWLER = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'

/** The event as a record of the `user-events` dialect, UTF-8. Log time is the record's, not the value's: not in it. */
export function asUserEventsJson(event: ReferenceEvent): Uint8Array {
  const fields: Record<string, string | undefined> = {
    event_id: jsonText(event.id),
    user_id: jsonId(event.user),
    session_id: jsonId(event.session),
    page: jsonText(event.page),
    action: jsonText(ACTION_OF[event.type]),
    duration: jsonDecimal(event.durationMs, 3),
    timestamp: jsonDecimal(event.timeMs, 3),
    price: jsonDecimal(event.priceMicros, 6),
    currency: jsonText(event.currency),
    user_agent: jsonText(event.bot ? CRAWLER : BROWSER),
  }
  const members = Object.entries(fields)
    .filter(([, json]) => json !== undefined)
    .map(([name, json]) => `"${name}":${json}`)
  return new TextEncoder().encode(`{${members.join(',')}}`)
}

const jsonText = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : JSON.stringify(text)

/** A number where the text is exactly how that number is written, so that '7' reads back as 7 and '007' stays text. */
function jsonId(id: string | undefined): string | undefined {
  return id !== undefined && /^(0|[1-9]\d{0,14})$/.test(id) ? id : jsonText(id)
}

/** `amount` / 10^`places` in plain digits: never an exponent, never a digit rounded away. */
function jsonDecimal(amount: number | bigint | undefined, places: number): string | undefined {
  if (amount === undefined) return undefined
  const value = BigInt(amount)
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -places)}${fraction === '' ? '' : `.${fraction}`}`
}
