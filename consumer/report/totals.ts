import type { CounterCells, MoneyCells } from '../core/cells.ts'
import type { Counters } from '../core/count.ts'

/** Counts by the value of one label. */
export type CountsByLabel = Readonly<Record<string, number>>

/**
 * What a report says, under the names `--format json` prints. Every reason, event type, bounce definition and funnel
 * step is there, at 0 if need be; pages and currencies only where there is something to count.
 */
export interface Totals {
  /** Accepted + dropped + rejected. */
  readonly records_consumed: number
  readonly events_accepted: number
  readonly events_dropped: CountsByLabel
  readonly records_rejected: CountsByLabel
  readonly events: CountsByLabel
  readonly page_views: CountsByLabel
  readonly clicks: CountsByLabel
  readonly sessions_closed: number
  readonly sessions_bounced: CountsByLabel
  readonly sessions_with_event: CountsByLabel
  /** Seconds, exact to the millisecond. */
  readonly session_duration_seconds_sum: number
  readonly funnels: Readonly<Record<string, CountsByLabel>>
  /** Exact decimals as text, because numbers of JSON are doubles; `__none__` is what names no currency. */
  readonly revenue: Readonly<Record<string, string>>
  /** Distinct users of the accepted events. */
  readonly users: number
}

/** The totals of all records read so far and of the sessions closed so far. */
export function totalsOf(counters: Counters, users: number): Totals {
  const events = everyLabel(counters.events)
  return {
    records_consumed: counters.consumed.values[0]!,
    events_accepted: sumOf(events),
    events_dropped: everyLabel(counters.dropped),
    records_rejected: everyLabel(counters.rejected),
    events,
    page_views: mostFirst(counters.pageViews),
    clicks: mostFirst(counters.clicks),
    sessions_closed: counters.closed.values[0]!,
    sessions_bounced: everyLabel(counters.bounced),
    sessions_with_event: everyLabel(counters.withEvent),
    session_duration_seconds_sum: counters.durationMs.sum[0]! / counters.durationMs.perUnit,
    funnels: byFunnel(counters.funnelSessions),
    revenue: moneyByLabel(counters.revenue),
    users,
  }
}

export const sumOf = (counts: CountsByLabel): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

const countsOf = ({ labels, values }: CounterCells): (readonly [string, number])[] =>
  labels.rows().map(([label = ''], row) => [label, values[row]!])

const everyLabel = (cells: CounterCells): CountsByLabel => Object.fromEntries(countsOf(cells))

/** Only what was counted; equal counts in the order of their labels. */
const mostFirst = (cells: CounterCells): CountsByLabel =>
  Object.fromEntries(
    countsOf(cells)
      .filter(([, count]) => count > 0)
      .sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1)),
  )

function byFunnel({ labels, values }: CounterCells): Record<string, CountsByLabel> {
  const steps = labels.rows().map(([funnel = '', step = ''], row) => ({ funnel, step, sessions: values[row]! }))
  return Object.fromEntries(
    [...Map.groupBy(steps, ({ funnel }) => funnel)].map(([funnel, ofFunnel]) => [
      funnel,
      Object.fromEntries(ofFunnel.map(({ step, sessions }) => [step, sessions])),
    ]),
  )
}

function moneyByLabel(cells: MoneyCells): Record<string, string> {
  const sums = cells.labels.rows().map(([label = ''], row) => [label, row] as const)
  return Object.fromEntries(
    sums
      .filter(([, row]) => cells.units[row]! > 0 || cells.micros[row]! > 0)
      .map(([label, row]) => [label, cells.text(row)]),
  )
}
