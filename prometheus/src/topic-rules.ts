import { COUNTERS, type CounterName, HISTOGRAMS } from './families.ts'
import { byTopic, onTopic, type RecordingRule } from './rule.ts'
import { duration, type Windows } from './windows.ts'

const QUANTILES = [0.5, 0.9, 0.99] as const

/** Rates and totals of a topic: rates of the partitions first, then their sum. Ratios are those of sums. */
export const topicRules = (windows: Windows): RecordingRule[] => [
  ...(Object.keys(COUNTERS) as CounterName[]).flatMap((name) => [rate(name, windows), total(name, windows)]),
  ...HISTOGRAMS.flatMap((name) => histogram(name, windows)),
  ...eventLag(windows),
  ...ratios(),
  ...shares(windows),
]

const rate = (name: CounterName, { m5 }: Windows): RecordingRule => ({
  record: `topic:clickstream_${name}:rate5m`,
  expr: `sum ${byTopic(...COUNTERS[name])} (rate(partition:clickstream_${name}:max[${duration(m5)}]))`,
})

/** The last value of each partition, so that one that is being handed over does not leave the sum. */
const total = (name: CounterName, { m10 }: Windows): RecordingRule => ({
  record: `topic:clickstream_${name}:total`,
  expr: `sum ${byTopic(...COUNTERS[name])} (last_over_time(partition:clickstream_${name}:max[${duration(m10)}]))`,
})

function histogram(name: string, { m5 }: Windows): RecordingRule[] {
  const rateOf = (part: string, ...labels: string[]): RecordingRule => ({
    record: `topic:clickstream_${name}_${part}:rate5m`,
    expr: `sum ${byTopic(...labels)} (rate(partition:clickstream_${name}_${part}:max[${duration(m5)}]))`,
  })
  return [
    rateOf('bucket', 'le'),
    rateOf('sum'),
    rateOf('count'),
    {
      record: `topic:clickstream_${name}:mean_rate5m`,
      expr: `topic:clickstream_${name}_sum:rate5m / (topic:clickstream_${name}_count:rate5m > 0)`,
    },
    ...quantiles(name),
  ]
}

/** Of each process the time its own records took: there is nothing to take the greater of. */
const eventLag = ({ m5 }: Windows): RecordingRule[] => [
  {
    record: 'topic:clickstream_event_lag_seconds_bucket:rate5m',
    expr: `sum ${byTopic('le')} (rate(clickstream_event_lag_seconds_bucket[${duration(m5)}]))`,
  },
  ...quantiles('event_lag_seconds'),
]

const quantiles = (name: string): RecordingRule[] =>
  QUANTILES.map((quantile) => ({
    record: `topic:clickstream_${name}:histogram_quantile`,
    expr: `histogram_quantile(${quantile}, topic:clickstream_${name}_bucket:rate5m)`,
    labels: { quantile: String(quantile) },
  }))

const ratios = (): RecordingRule[] => [
  {
    record: 'page:clickstream_click_through:ratio_rate5m',
    expr: 'topic:clickstream_clicks:rate5m / (topic:clickstream_page_views:rate5m > 0)',
  },
  {
    record: 'topic:clickstream_click_through:ratio_rate5m',
    expr: `sum ${byTopic()} (topic:clickstream_clicks:rate5m) / (sum ${byTopic()} (topic:clickstream_page_views:rate5m) > 0)`,
  },
  {
    record: 'topic:clickstream_bounce:ratio_rate5m',
    expr: `topic:clickstream_sessions_bounced:rate5m / ${onTopic()} group_left () (topic:clickstream_sessions_closed:rate5m > 0)`,
  },
  {
    // Every step holds those before it, so the first is the largest, whatever the steps are called.
    record: 'topic:clickstream_funnel_conversion:ratio_rate5m',
    expr: `topic:clickstream_funnel_sessions:rate5m / ${onTopic('funnel')} group_left () (max ${byTopic('funnel')} (topic:clickstream_funnel_sessions:rate5m) > 0)`,
  },
  {
    record: 'topic:clickstream_checkout_conversion:ratio_rate5m',
    expr: `sum ${byTopic()} (topic:clickstream_events:rate5m{event="purchase"}) / (sum ${byTopic()} (topic:clickstream_events:rate5m{event="checkout"}) > 0)`,
  },
]

/** Fewer records than that in a quarter of an hour make no share worth an alert. */
const FEWEST_RECORDS = 200

const shares = ({ m15, interval }: Windows): RecordingRule[] =>
  (['events_dropped', 'records_rejected'] as const).map((name) => ({
    record: `topic:clickstream_${name}:ratio_rate15m`,
    expr: `sum_over_time(topic:clickstream_${name}:rate5m[${duration(m15)}]) / ${onTopic()} group_left () (sum_over_time(topic:clickstream_records_consumed:rate5m[${duration(m15)}]) >= ${FEWEST_RECORDS} / ${interval})`,
  }))
