import { byTopic, onTopic, type RecordingRule } from './rule.ts'
import { duration, type Windows } from './windows.ts'

/**
 * What visitors do now, and nothing else. A topic is settled when every partition has been shown and caught up for the
 * whole window of the rates; a backlog read in a minute is no rush, and a partition on the move no drop. Longer windows
 * are made of settled rates alone, so alerts built on them need no such condition of their own.
 */
export const settledRules = (windows: Windows): RecordingRule[] => [
  settled(windows),
  settledRate('events'),
  settledRate('sessions_closed'),
  settledRate('sessions_bounced'),
  settledRate('sessions_with_event'),
  settledRate('checkout_to_purchase_seconds_bucket'),
]

/** Ends an expression over a longer window: what was settled an hour ago is no news while nothing newer is. */
export const WHILE_SETTLED = `and ${onTopic()} topic:clickstream_settled:bool`

/**
 * Of the scraped series, not of one recorded every now and then: whatever a rate could contain of a backlog was read
 * between two samples of which the first was taken at 0.
 */
const settled = ({ m5 }: Windows): RecordingRule => ({
  record: 'topic:clickstream_settled:bool',
  expr: `
    (min ${byTopic()} (min_over_time(clickstream_caught_up[${duration(m5)}])) == 1)
    unless ${onTopic()} (
      count ${byTopic()} (last_over_time(partition:clickstream_records_consumed:max[${duration(m5)}]))
      < ${onTopic()} max ${byTopic()} (clickstream_source_partitions)
    )`,
})

const settledRate = (name: string): RecordingRule => ({
  record: `topic:clickstream_${name}:settled_rate5m`,
  expr: `topic:clickstream_${name}:rate5m ${WHILE_SETTLED}`,
})
