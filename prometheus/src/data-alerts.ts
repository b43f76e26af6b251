import { type AlertSource, WHOSE } from './alert.ts'
import { byTopic, onTopic } from './rule.ts'
import { duration, type Windows } from './windows.ts'

/** The largest share of the records that may be dropped for a reason before it is worth a look. */
const MOST_DROPPED = { late: 0.02, duplicate: 0.05 } as const
const MOST_REJECTED = 0.01

/** Alerts on what the records are like. */
export const dataAlerts = (windows: Windows): AlertSource[] => [badData(windows.m5), labelBudget(windows)]

/** Values are never forgotten: a room that is full stays full, and is worth a look only while there are more to come. */
const labelBudget = ({ m15, h1, d1 }: Windows): AlertSource => ({
  alert: 'LabelBudget',
  kind: 'data',
  severity: 'warning',
  expr: `
    max ${byTopic('label')} (clickstream_label_values / clickstream_label_values_limit) > 0.8
    and ${onTopic('label')} (
      max ${byTopic('label')} (clickstream_label_values - min_over_time(clickstream_label_values[${duration(d1)}])) > 0
      or max_over_time(topic:clickstream_label_overflow:rate5m[${duration(h1)}]) > 0
    )`,
  forSeconds: m15,
  summary: 'Soon further pages or currencies will have no series of their own.',
  description: `${WHOSE} {{ $value | humanizePercentage }} of the room for values of the label {{ $labels.label }} is in use in the fullest partition; what comes after the last counts under __other__.`,
})

const badData = (forSeconds: number): AlertSource => ({
  alert: 'BadData',
  kind: 'data',
  severity: 'warning',
  expr: [
    ...Object.entries(MOST_DROPPED).map(
      ([reason, most]) => `topic:clickstream_events_dropped:ratio_rate15m{reason="${reason}"} > ${most}`,
    ),
    `topic:clickstream_records_rejected:ratio_rate15m > ${MOST_REJECTED}`,
  ].join('\nor '),
  forSeconds,
  summary: 'Many records do not count: {{ $labels.reason }}.',
  description: `${WHOSE} {{ $value | humanizePercentage }} of the records of the last quarter of an hour do not count, for the reason {{ $labels.reason }}.`,
})
