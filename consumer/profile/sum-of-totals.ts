import type { CountsByLabel, Totals } from '../report/totals.ts'

/** The totals of two partitions together. Users are not added up: one may be in both. */
export function sumOfTotals(one: Totals, other: Totals): Totals {
  return {
    records_consumed: one.records_consumed + other.records_consumed,
    events_accepted: one.events_accepted + other.events_accepted,
    events_dropped: sumOfCounts(one.events_dropped, other.events_dropped),
    records_rejected: sumOfCounts(one.records_rejected, other.records_rejected),
    events: sumOfCounts(one.events, other.events),
    page_views: sumOfCounts(one.page_views, other.page_views),
    clicks: sumOfCounts(one.clicks, other.clicks),
    sessions_closed: one.sessions_closed + other.sessions_closed,
    sessions_bounced: sumOfCounts(one.sessions_bounced, other.sessions_bounced),
    sessions_with_event: sumOfCounts(one.sessions_with_event, other.sessions_with_event),
    session_duration_seconds_sum: one.session_duration_seconds_sum + other.session_duration_seconds_sum,
    funnels: merged(one.funnels, other.funnels, sumOfCounts),
    revenue: merged(one.revenue, other.revenue, sumOfDecimals),
    users: one.users,
  }
}

const sumOfCounts = (one: CountsByLabel, other: CountsByLabel): CountsByLabel => merged(one, other, (a, b) => a + b)

function merged<V>(
  one: Readonly<Record<string, V>>,
  other: Readonly<Record<string, V>>,
  sum: (a: V, b: V) => V,
): Record<string, V> {
  const result = new Map(Object.entries(one))
  for (const [key, value] of Object.entries(other)) {
    const known = result.get(key)
    result.set(key, known === undefined ? value : sum(known, value))
  }
  return Object.fromEntries(result)
}

const PLACES = 6

/** Of decimals with up to six places: '0.10' and '0.205' are '0.305'. */
function sumOfDecimals(one: string, other: string): string {
  const digits = String(microsOf(one) + microsOf(other)).padStart(PLACES + 1, '0')
  return `${digits.slice(0, -PLACES)}.${digits.slice(-PLACES).replace(/0{1,4}$/, '')}`
}

function microsOf(decimal: string): bigint {
  const [units = '', places = ''] = decimal.split('.')
  return BigInt(units + places.padEnd(PLACES, '0'))
}
