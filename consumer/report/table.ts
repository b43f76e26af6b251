import { NONE, OTHER } from '../core/label-table.ts'
import { grouped, type Row, section, share } from './section.ts'
import { type CountsByLabel, sumOf, type Totals } from './totals.ts'

/** The totals as sections of aligned lines for a person; what is zero is left out where it says nothing. */
export function reportTable(totals: Totals): string {
  const sections = [
    section('RECORDS', recordRows(totals)),
    section('EVENTS', countRows(totals.events, totals.events_accepted)),
    section('SESSIONS', sessionRows(totals)),
    section('SESSIONS WITH', countRows(totals.sessions_with_event, totals.sessions_closed)),
    ...Object.entries(totals.funnels).map(([name, steps]) => section(`FUNNEL ${name}`, funnelRows(steps))),
    section('REVENUE', revenueRows(totals)),
    section('PAGE VIEWS', pageRows(totals.page_views)),
    section('CLICKS', pageRows(totals.clicks)),
  ]
  return sections.filter((text) => text !== '').join('\n')
}

function recordRows(totals: Totals): Row[] {
  const { records_consumed, events_accepted, events_dropped, records_rejected } = totals
  const reasons = (counts: CountsByLabel): Row[] =>
    withoutZeros(counts).map(([reason, count]) => [`  ${reason}`, grouped(count)])
  return [
    ['consumed', grouped(records_consumed)],
    ['accepted', grouped(events_accepted), share(events_accepted, records_consumed)],
    ['dropped', grouped(sumOf(events_dropped))],
    ...reasons(events_dropped),
    ['rejected', grouped(sumOf(records_rejected))],
    ...reasons(records_rejected),
    ['users', grouped(totals.users)],
  ]
}

function sessionRows(totals: Totals): Row[] {
  const { sessions_closed: sessions, session_duration_seconds_sum: seconds, sessions_bounced } = totals
  if (sessions === 0) return []
  return [
    ['sessions', grouped(sessions)],
    ['average duration', `${(seconds / sessions).toFixed(1)} s`],
    ['total duration', `${grouped(seconds)} s`],
    ...Object.entries(sessions_bounced).map(
      ([definition, count]): Row => [`bounced ${definition}`, grouped(count), share(count, sessions)],
    ),
  ]
}

/** Shares are of the first step. */
function funnelRows(steps: CountsByLabel): Row[] {
  const first = Object.values(steps)[0] ?? 0
  return Object.entries(steps).map(([step, sessions]) => [step, grouped(sessions), share(sessions, first)])
}

/** `59442.63` is shown as 59,442.63: as text, because a double would not hold every digit. */
function revenueRows({ revenue }: Totals): Row[] {
  return Object.entries(revenue).map(([currency, amount]) => [
    currency,
    amount.replace(/\B(?=(\d{3})+\.)/g, ','),
    noteOf(currency, 'purchases that name no currency', 'currencies beyond the room for them'),
  ])
}

function pageRows(pages: CountsByLabel): Row[] {
  const all = sumOf(pages)
  return Object.entries(pages).map(([page, count]) => {
    const note = noteOf(page, 'events that name no page', 'pages beyond --max-pages')
    return [page, grouped(count), [share(count, all), note].filter((part) => part !== '').join('  ')]
  })
}

const countRows = (counts: CountsByLabel, all: number): Row[] =>
  withoutZeros(counts).map(([name, count]) => [name, grouped(count), share(count, all)])

const noteOf = (label: string, none: string, other: string): string =>
  label === NONE ? none : label === OTHER ? other : ''

const withoutZeros = (counts: CountsByLabel): [string, number][] =>
  Object.entries(counts).filter(([, count]) => count > 0)
