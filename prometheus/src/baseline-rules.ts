import { onTopic, type RecordingRule } from './rule.ts'
import { duration, type Windows } from './windows.ts'

/** Signals with a usual value; those with a spread are judged by how many standard deviations they are away. */
const SIGNALS = [
  { signal: 'topic:clickstream_traffic', now: 'rate5m' },
  { signal: 'topic:clickstream_session_conversion', now: 'ratio_rate1h' },
  { signal: 'topic:clickstream_bounce', now: 'ratio_rate1h' },
  { signal: 'topic:clickstream_interactions', now: 'ratio_rate15m' },
  { signal: 'topic:clickstream_bots', now: 'ratio_rate15m' },
  { signal: 'topic:clickstream_checkout_to_purchase_seconds', now: 'p90_rate1h' },
] as const

const BEFORE = 'topic:clickstream_traffic:before'

/**
 * What is usual: mean and standard deviation over a day and a week up to an hour ago, so that what happens now is not
 * yet in it. Below six hours of history there is no usual value, and no alert that needs one.
 */
export const baselineRules = (windows: Windows): RecordingRule[] => [
  ...SIGNALS.flatMap((signal) => usual(signal, windows)),
  ...sameTimeBefore(windows),
  untilThereIsAWeek(windows),
]

function usual({ signal, now }: (typeof SIGNALS)[number], windows: Windows): RecordingRule[] {
  const value = `${signal}:${now}`
  return [
    { name: '1d', window: windows.d1 },
    { name: '7d', window: windows.d7 },
  ].flatMap(({ name, window }) => {
    const past = `${value}[${duration(window)}] offset ${duration(windows.h1)}`
    const enough = `count_over_time(${past}) >= ${windows.h6 / windows.interval}`
    return [
      { record: `${signal}:avg${name}`, expr: `avg_over_time(${past}) and ${enough}` },
      { record: `${signal}:stddev${name}`, expr: `stddev_over_time(${past}) and ${enough}` },
      { record: `${signal}:zscore${name}`, expr: `(${value} - ${signal}:avg${name}) / (${signal}:stddev${name} > 0)` },
    ]
  })
}

/** Traffic follows the day and the week: it is compared with the hour around the same time before. */
const sameTimeBefore = ({ interval, h1, d1, d7 }: Windows): RecordingRule[] =>
  [
    { before: '1d', distance: d1 },
    { before: '7d', distance: d7 },
  ].map(({ before, distance }) => {
    const then = `topic:clickstream_traffic:rate5m[${duration(h1)}] offset ${duration(distance - h1 / 2)}`
    return {
      record: BEFORE,
      expr: `avg_over_time(${then}) and count_over_time(${then}) >= ${h1 / 2 / interval}`,
      labels: { before },
    }
  })

/**
 * In the first week yesterday alone would make every spike a drop of the day after. The median of all days so far is no
 * measure for an hour, but it hardly moves with a single one.
 */
const untilThereIsAWeek = ({ h1, d7 }: Windows): RecordingRule => ({
  record: BEFORE,
  expr: `
    quantile_over_time(0.5, topic:clickstream_traffic:rate5m[${duration(d7)}] offset ${duration(h1)})
    and ${onTopic()} ${BEFORE}{before="1d"}
    unless ${onTopic()} ${BEFORE}{before="7d"}`,
  labels: { before: 'median' },
})
