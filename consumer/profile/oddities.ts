import type { RejectReason } from '../contract/outcome.ts'
import { NONE } from '../core/label-table.ts'
import { REASON_HELP } from '../reason-help.ts'
import { grouped } from '../report/section.ts'
import type { EventsSummary } from './events-profile.ts'
import type { JsonKey } from './json-keys.ts'

/** Something that data should not have, or that one should know before trusting numbers about it. */
export interface Oddity {
  /** A word to tell it by. */
  readonly oddity: string
  /** How often it occurs. */
  readonly count: number
  /** What it is, what it leads to, and the fix. */
  readonly sentence: string
}

/** What the summary does not hold. */
export interface Observations {
  readonly repeatedKeys: number
  readonly timesWithoutZone: number
}

/** One user with so large a share of at least so many events is no person. */
const BOT_SHARE = 0.05
const FEWEST_FOR_BOT = 1_000
/** So large a share of the events may lie behind a time that the exporter does not believe. */
const USUAL_DISBELIEF = 0.01

/** The most frequent first. */
export function odditiesOf(summary: Omit<EventsSummary, 'oddities'>, observations: Observations): Oddity[] {
  return [
    ...rejections(summary),
    ...summary.keys.flatMap(ofKey),
    ...ofTimes(summary, observations),
    ...ofIdentities(summary),
    ...ofValues(summary, observations),
  ]
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
}

const rejections = ({ totals }: Pick<EventsSummary, 'totals'>): Oddity[] =>
  Object.entries(totals.records_rejected).map(([reason, count]) => ({
    oddity: reason,
    count,
    sentence: `${records(count)} rejected. ${REASON_HELP[reason as RejectReason]}`,
  }))

function ofKey({ key, types, empty }: JsonKey): Oddity[] {
  const byType = Object.entries(types)
  const rarer = byType.reduce((sum, [, count]) => sum + count, 0) - Math.max(0, ...byType.map(([, count]) => count))
  const mix = byType.map(([type, count]) => `${type} in ${grouped(count)}`).join(', ')
  return [
    {
      oddity: 'mixed_types',
      count: rarer,
      sentence: `${key} is ${mix}. Whoever reads it must expect all of them; have the producers agree on one.`,
    },
    {
      oddity: 'empty_text',
      count: empty,
      sentence: `${key} is the empty text in ${grouped(empty)} records. Leave the key out, or send null, where there is no value.`,
    },
  ]
}

function ofTimes({ time, order, totals }: Omit<EventsSummary, 'oddities'>, observed: Observations): Oddity[] {
  const disbelieved = order.out_of_order - order.behind_stream_time
  return [
    {
      oddity: 'before_1990',
      count: time.before_1990,
      sentence: `${events(time.before_1990)} before 1990. Mostly seconds are taken for milliseconds: check time: in the mapping.`,
    },
    {
      oddity: 'in_future',
      count: time.in_future,
      sentence: `${events(time.in_future)} later than the clock of this machine. Check the clocks of the clients, or the time zone of the times.`,
    },
    {
      oddity: 'no_time_zone',
      count: observed.timesWithoutZone,
      sentence: `${records(observed.timesWithoutZone)} with a time that names no zone, which is taken for UTC. Write Z or an offset behind it.`,
    },
    {
      oddity: 'time_ahead',
      count: disbelieved > USUAL_DISBELIEF ? Math.round(disbelieved * totals.records_consumed) : 0,
      sentence: `${percent(disbelieved)} of the events come after one so far ahead that stream time does not follow it. Some clocks are ahead, or fewer than --ahead-users users come within --ahead-limit.`,
    },
  ]
}

function ofIdentities({ totals, fields, duplicates, users }: Omit<EventsSummary, 'oddities'>): Oddity[] {
  const withId = fields.find(({ field }) => field === 'eventId')!
  const withUser = fields.find(({ field }) => field === 'userId')!
  const [busiest] = users.top.top
  const share = busiest === undefined ? 0 : busiest.count / totals.events_accepted
  const isBot = share >= BOT_SHARE && totals.events_accepted >= FEWEST_FOR_BOT
  const withoutId = Math.max(0, withUser.present - withId.present)
  const copies = withId.present === 0 ? duplicates.exact_copies : 0
  return [
    {
      oddity: 'no_event_id',
      count: withoutId,
      sentence: `${records(withoutId)} without an event id. A repeated delivery of theirs counts twice; send an id with every event.`,
    },
    {
      oddity: 'exact_copies',
      count: copies,
      sentence: `${records(copies)} an exact copy of an earlier one. Without event ids all of them count; npm run report takes --dedupe-rows.`,
    },
    {
      oddity: 'id_with_other_content',
      count: duplicates.ids_with_other_content,
      sentence: `${grouped(duplicates.ids_with_other_content)} event ids came with different contents. Only the first counts; give every event an id of its own.`,
    },
    {
      oddity: 'busy_user',
      count: isBot ? busiest!.count : 0,
      sentence: `User ${busiest?.text} alone sent ${percent(share)} of the events, likely a bot or a default id. Leave it out, or see --drop-bots.`,
    },
    {
      oddity: 'user_in_several_partitions',
      count: users.in_several_partitions,
      sentence: `${grouped(users.in_several_partitions)} users have events in several partitions, which splits their sessions. Key the records by user.`,
    },
  ]
}

function ofValues({ pages, prices }: Omit<EventsSummary, 'oddities'>, observed: Observations): Oddity[] {
  const withoutCurrency = prices.currencies[NONE]?.count ?? 0
  return [
    {
      oddity: 'page_with_id',
      count: pages.with_ids,
      sentence: `${events(pages.with_ids)} on pages that hold what looks like an id. They count together under :id; name the pages you want to see with --pages.`,
    },
    {
      oddity: 'no_currency',
      count: withoutCurrency,
      sentence: `${grouped(withoutCurrency)} prices name no currency and count under ${NONE}. Name it with --default-currency.`,
    },
    {
      oddity: 'repeated_key',
      count: observed.repeatedKeys,
      sentence: `${grouped(observed.repeatedKeys)} times an object holds one key twice. Readers differ in which they take; the exporter takes the last.`,
    },
  ]
}

const records = (count: number): string => `${grouped(count)} ${count === 1 ? 'record is' : 'records are'}`

const events = (count: number): string => `${grouped(count)} ${count === 1 ? 'event is' : 'events are'}`

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
