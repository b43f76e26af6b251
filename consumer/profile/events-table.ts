import { harmless } from '../harmless.ts'
import { grouped, type Row, section } from '../report/section.ts'
import { type CountsByLabel, sumOf } from '../report/totals.ts'
import type { EventsSummary } from './events-profile.ts'
import { grid } from './grid.ts'
import { about, distributions, percent, spanText, topTable } from './shown.ts'

/** What the profile of events says, as sections for a person; what there is none of is left out. */
export function eventsTable(events: EventsSummary): string[] {
  const { order, products, brands, categories, pages, users, prices } = events
  const { events_accepted: accepted } = events.totals
  const isKnown = order.lateness_needed_seconds
  return [
    section('RECORDS', recordRows(events)),
    section('EVENT TYPES', countRows(events.totals.events, accepted)),
    section('EVENT FIELDS', fieldRows(events)),
    keyGrid(events),
    section('TIME', timeRows(events)),
    hourGrid(events),
    section('ORDER OF ARRIVAL', [
      ['behind the largest time so far', percent(order.out_of_order)],
      ['behind stream time', percent(order.behind_stream_time)],
      ...Object.entries(isKnown).map(
        ([share, seconds]): Row => [
          `lateness for ${share === 'max' ? '100' : share.slice(1).replace('_', '.')} %`,
          `${order.exact ? '' : '~'}${spanText(seconds)}`,
        ],
      ),
      ...Object.entries(order.late_at).map(([lateness, late]): Row => [`late with ${lateness}`, percent(late)]),
      ['suggested --allowed-lateness', order.suggested_allowed_lateness],
    ]),
    section('DUPLICATES', duplicateRows(events)),
    section('USERS AND SESSIONS', peopleRows(events)),
    distributions([
      ['record bytes', events.record_bytes],
      ['events per user', users.events_per_user],
      ['session seconds', events.session_seconds],
      ['reported seconds', events.reported_seconds],
      ['price', prices.distribution],
    ]),
    section(
      'PRICES BY CURRENCY',
      Object.entries(prices.currencies).map(([currency, { count, sum }]) => [
        currency,
        sum.replace(/\B(?=(\d{3})+\.)/g, ','),
        `in ${grouped(count)} events`,
      ]),
    ),
    topTable('TOP PAGES', 'events', pages.labels, pages.events),
    topTable('TOP PRODUCTS', 'events', products, accepted),
    topTable('TOP BRANDS', 'events', brands, accepted),
    topTable('TOP CATEGORIES', 'events', categories, accepted),
    topTable('BUSIEST USERS', 'events', { ...users.top, top: users.top.top.slice(0, 5) }, accepted),
    oddityText(events),
  ]
}

function recordRows({ totals, dialects }: EventsSummary): Row[] {
  const { records_consumed: all, events_accepted, events_dropped, records_rejected } = totals
  const reasons = (counts: CountsByLabel): Row[] =>
    countRows(counts, all).map(([name, count, part = '']) => [`  ${name}`, count, part])
  return [
    ['read', grouped(all)],
    ['valid and counted', grouped(events_accepted), percent(events_accepted / Math.max(1, all))],
    ['valid, dropped', grouped(sumOf(events_dropped)), percent(sumOf(events_dropped) / Math.max(1, all))],
    ...reasons(events_dropped),
    ['rejected', grouped(sumOf(records_rejected)), percent(sumOf(records_rejected) / Math.max(1, all))],
    ...reasons(records_rejected),
    ...Object.entries(dialects).map(([name, count]): Row => [`dialect ${name}`, grouped(count)]),
  ]
}

const fieldRows = ({ fields }: EventsSummary): Row[] =>
  fields
    .filter(({ present }) => present > 0)
    .map(({ field, present, share }) => [field, grouped(present), percent(share)])

function keyGrid({ keys, keys_beyond }: EventsSummary): string {
  const title = `JSON KEYS${keys_beyond > 0 ? ` (and ${grouped(keys_beyond)} occurrences of keys beyond the first 200)` : ''}`
  const rows = keys.map(({ key, present, share, nulls, empty, types }) => [
    key,
    grouped(present),
    percent(share),
    grouped(nulls),
    grouped(empty),
    Object.keys(types).join(', '),
  ])
  return grid(title, ['', 'present', 'share', 'null', 'empty', 'types'], rows)
}

function timeRows({ time }: EventsSummary): Row[] {
  if (time.first === undefined || time.last === undefined) return []
  return [
    ['first', time.first],
    ['last', time.last],
    ['span', spanText(time.span_seconds)],
    ['before 1990', grouped(time.before_1990)],
    ['in the future', grouped(time.in_future)],
    ['minutes without an event', grouped(time.empty_minutes)],
    ...time.gaps.map(({ from, seconds }): Row => [`  gap from ${from.slice(0, 16)}Z`, spanText(seconds)]),
  ]
}

const HOURS_PER_ROW = 6

function hourGrid({ time }: EventsSummary): string {
  const all = sumOf(Object.fromEntries(time.by_hour.entries()))
  if (all === 0) return ''
  const offsets = Array.from({ length: HOURS_PER_ROW }, (_, offset) => offset)
  const rows = [0, 6, 12, 18].map((hour) => [
    `${String(hour).padStart(2, '0')}:00`,
    ...offsets.map((offset) => percent(time.by_hour[hour + offset]! / all)),
  ])
  return grid('HOUR OF THE DAY (UTC)', ['', ...offsets.map((offset) => `+${offset} h`)], rows)
}

function duplicateRows({ duplicates, totals }: EventsSummary): Row[] {
  const { exact_copies, copied_records, repeated_ids, ids_with_other_content, exact } = duplicates
  const all = Math.max(1, totals.records_consumed)
  return [
    ['exact copies of records', about(exact_copies, exact), percent(exact_copies / all)],
    ['  of so many different records', about(copied_records, exact)],
    ['repeated event ids', about(repeated_ids, exact), percent(repeated_ids / all)],
    ['ids with different contents', about(ids_with_other_content, exact)],
  ]
}

function peopleRows({ users, totals, session_seconds: lengths }: EventsSummary): Row[] {
  const { sessions_closed: sessions, sessions_bounced } = totals
  if (sessions === 0) return []
  return [
    ['users', about(users.distinct, users.exact)],
    ['users in several partitions', about(users.in_several_partitions, users.exact)],
    ['sessions', grouped(sessions)],
    ['mean duration', `${lengths.mean.toFixed(1)} s`],
    ['median duration', `${lengths.exact ? '' : '~'}${lengths.p50.toFixed(1)} s`],
    ...Object.entries(sessions_bounced).map(
      ([definition, count]): Row => [`bounced ${definition}`, grouped(count), percent(count / sessions)],
    ),
  ]
}

const countRows = (counts: CountsByLabel, all: number): Row[] =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => [name, grouped(count), percent(count / Math.max(1, all))])

function oddityText({ oddities }: EventsSummary): string {
  if (oddities.length === 0) return ''
  const lines = oddities.map(({ oddity, sentence }) => `  ${oddity}: ${harmless(sentence)}`)
  return `ODDITIES\n${lines.join('\n')}\n`
}
