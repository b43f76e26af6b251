import { byTopic, onTopic, type RecordingRule } from './rule.ts'
import { WHILE_SETTLED } from './settled-rules.ts'
import { duration, type Windows } from './windows.ts'

const EVENTS = 'topic:clickstream_events:settled_rate5m'

/** Fewer of them in the window say nothing: the signal is absent then, and so is every alert on it. */
const FEWEST = { sessions: 100, pageViews: 100, payments: 30 } as const

/** What visitors do, as single figures that can be compared with what they usually do. */
export function signalRules(windows: Windows): RecordingRule[] {
  const sum = (series: string, window: number, ...labels: string[]): string =>
    `sum ${byTopic(...labels)} (sum_over_time(${series}[${duration(window)}]))`
  // The series are rates, one sample per interval: that many samples in sum are so many events.
  const atLeast = (count: number): string => `>= ${count} / ${windows.interval}`
  const { m15, h1 } = windows
  const closed = `(${sum('topic:clickstream_sessions_closed:settled_rate5m', h1)} ${atLeast(FEWEST.sessions)})`
  const buckets = 'topic:clickstream_checkout_to_purchase_seconds_bucket:settled_rate5m'
  return [
    {
      record: 'topic:clickstream_traffic:rate5m',
      expr: `sum ${byTopic()} (${EVENTS}{event="page_view"})`,
    },
    {
      record: 'topic:clickstream_session_conversion:ratio_rate1h',
      expr: `${sum('topic:clickstream_sessions_with_event:settled_rate5m{event="purchase"}', h1)} / ${closed} ${WHILE_SETTLED}`,
    },
    {
      record: 'topic:clickstream_bounce:ratio_rate1h',
      expr: `${sum('topic:clickstream_sessions_bounced:settled_rate5m', h1, 'definition')} / ${onTopic()} group_left () ${closed} ${WHILE_SETTLED}`,
    },
    {
      record: 'topic:clickstream_interactions:ratio_rate15m',
      expr: `${sum(`${EVENTS}{event!="page_view"}`, m15)} / (${sum(`${EVENTS}{event="page_view"}`, m15)} ${atLeast(FEWEST.pageViews)}) ${WHILE_SETTLED}`,
    },
    {
      record: 'topic:clickstream_bots:ratio_rate15m',
      expr: `sum ${byTopic()} (topic:clickstream_events_dropped:ratio_rate15m{reason="bot"}) ${WHILE_SETTLED}`,
    },
    {
      record: 'topic:clickstream_checkout_to_purchase_seconds:p90_rate1h',
      expr: `histogram_quantile(0.9, ${sum(buckets, h1, 'le')}) and ${onTopic()} (${sum(`${buckets}{le="+Inf"}`, h1)} ${atLeast(FEWEST.payments)}) ${WHILE_SETTLED}`,
    },
  ]
}
