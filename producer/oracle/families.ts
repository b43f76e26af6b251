const PREFIX = 'clickstream_'

const COUNTERS = [
  'records_consumed_total',
  'events_total',
  'events_dropped_total',
  'records_rejected_total',
  'page_views_total',
  'clicks_total',
  'page_engagement_seconds_total',
  'sessions_started_total',
  'sessions_closed_total',
  'sessions_bounced_total',
  'sessions_with_event_total',
  'session_entries_total',
  'session_exits_total',
  'funnel_sessions_total',
  'revenue_total',
  'label_overflow_total',
] as const

/** Upper bounds of the buckets, inclusive, in the unit shown; one for everything comes after them. */
export const BOUNDS = {
  session_duration_seconds: [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400],
  session_page_views: [0, 1, 2, 3, 4, 5, 8, 13, 21, 34, 55, 100],
  checkout_to_purchase_seconds: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600],
} as const
export type HistogramName = keyof typeof BOUNDS
const HISTOGRAMS = Object.keys(BOUNDS) as readonly HistogramName[]

const GAUGES = [
  'sessions_open',
  'sessions_open_over_24h',
  'watermark_timestamp_seconds',
  'position_offset',
  'label_values',
  'label_values_limit',
] as const

export type SeriesName =
  | (typeof COUNTERS)[number]
  | (typeof GAUGES)[number]
  | `${HistogramName}_${'bucket' | 'sum' | 'count'}`

/** Names of all families the oracle computes, as on the page of metrics; a histogram's without _bucket, _sum, _count. */
export const ORACLE_FAMILIES: readonly string[] = [...COUNTERS, ...HISTOGRAMS, ...GAUGES].map((name) => PREFIX + name)

/** A series as the page writes it: `clickstream_page_views_total{page="/"}`. */
export function seriesOf(name: SeriesName, labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`)
  return `${PREFIX}${name}${pairs.length === 0 ? '' : `{${pairs.join()}}`}`
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

/** The name of a series: what stands before its labels. */
export const nameOf = (series: string): string => series.split('{', 1)[0]!

const SUMMED = [...COUNTERS, ...HISTOGRAMS.flatMap((name) => [`${name}_sum`, `${name}_count`] as const)]

/**
 * Name of each counter family, and of each histogram with _sum and with _count, -> the sum of its series; 0 where
 * there is none.
 */
export function totalsOf(series: ReadonlyMap<string, number>): Map<string, number> {
  const totals = new Map(SUMMED.map((name) => [PREFIX + name, 0]))
  for (const [key, value] of series) {
    const total = totals.get(nameOf(key))
    if (total !== undefined) totals.set(nameOf(key), total + value)
  }
  return totals
}
