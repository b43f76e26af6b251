/** The exporter's counters of a partition without prefix and `_total`, and the labels of their own. */
export const COUNTERS = {
  records_consumed: [],
  events: ['event'],
  events_dropped: ['reason'],
  records_rejected: ['reason'],
  page_views: ['page'],
  clicks: ['page'],
  page_engagement_seconds: ['page'],
  sessions_started: [],
  sessions_closed: [],
  sessions_bounced: ['definition'],
  sessions_with_event: ['event'],
  session_entries: ['page'],
  session_exits: ['page'],
  funnel_sessions: ['funnel', 'step'],
  revenue: ['currency'],
  label_overflow: ['label'],
} as const satisfies Record<string, readonly string[]>

export type CounterName = keyof typeof COUNTERS

/** The exporter's histograms of a partition, without prefix. */
export const HISTOGRAMS = ['session_duration_seconds', 'session_page_views', 'checkout_to_purchase_seconds'] as const

/** Gauges that rules and dashboards need of one partition, whichever process shows it. */
export const GAUGES = [
  'sessions_open',
  'watermark_timestamp_seconds',
  'position_offset',
  'kafka_consumer_lag_records',
] as const
