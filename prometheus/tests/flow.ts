/** What happens in a second, over all partitions of a topic. */
export interface Flow {
  readonly events: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
  readonly rejected: Readonly<Record<string, number>>
  /** Events whose page has no series of its own. */
  readonly overflowing: number
  readonly sessions: number
  /** Of the sessions, from 0 to 1. */
  readonly bounced: number
  readonly converted: number
  readonly revenue: number
  /** Every payment takes that long. */
  readonly paymentSeconds: number
}

/** An ordinary moment of a shop, with the ups and downs that every share has. */
export function ordinary(seconds: number): Flow {
  const wobble = 1 + 0.05 * Math.sin(seconds / 7) + 0.03 * Math.sin(seconds / 3.1)
  return {
    events: { page_view: 100, click: 40, scroll: 60, search: 5, add_to_cart: 8, checkout: 10, purchase: 5 },
    dropped: { late: 0, duplicate: 0, bot: 0 },
    rejected: { malformed_json: 0, future_dated: 0 },
    overflowing: 0,
    sessions: 20,
    bounced: 0.4 * wobble,
    converted: 0.2 * wobble,
    revenue: 150,
    paymentSeconds: 15,
  }
}

/** The same in a smaller shop, or a larger one. */
export function scaled(flow: Flow, factor: number): Flow {
  const each = (numbers: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, value * factor]))
  return {
    ...flow,
    events: each(flow.events),
    dropped: each(flow.dropped),
    rejected: each(flow.rejected),
    sessions: flow.sessions * factor,
    revenue: flow.revenue * factor,
  }
}

/** The flow with some of its events at another rate. */
export const withEvents = (flow: Flow, events: Readonly<Record<string, number>>): Flow => ({
  ...flow,
  events: { ...flow.events, ...events },
})
