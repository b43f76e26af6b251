/** The kinds of event a clickstream holds. Anything a dialect does not know by name or alias is `custom`. */
export const EVENT_TYPES = [
  'page_view',
  'click',
  'scroll',
  'search',
  'add_to_cart',
  'remove_from_cart',
  'checkout',
  'purchase',
  'custom',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/** One click as the rest of the system understands it, whatever JSON it came in. */
export interface ClickEvent {
  /** Names the event once and for all; a second event with the same id is a duplicate. */
  eventId?: string
  /** Text form of the user id: the number 7 and the string "7" are the same user. */
  userId: string
  /** The session id the site gave, used only when sessions are keyed by user and session. */
  sessionId?: string
  type: EventType
  /** Page name, path or URL as it was sent; normalised when it becomes a label. */
  page?: string
  /** Event time, epoch milliseconds. */
  timeMs: number
  /** Time the client reports to have been spent, milliseconds. */
  durationMs?: number
  productId?: string
  /** Price in currency units, an exact decimal as text: '19.99'. */
  price?: string
  /** ISO 4217 code, upper case. */
  currency?: string
  category?: string
  brand?: string
  userAgent?: string
  utm?: Readonly<Record<string, unknown>>
  device?: Readonly<Record<string, unknown>>
  geo?: Readonly<Record<string, unknown>>
}
