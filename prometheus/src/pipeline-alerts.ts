import { type AlertSource, WHOSE } from './alert.ts'
import { byPartition, byTopic, onTopic } from './rule.ts'
import { duration, type Windows } from './windows.ts'

/** Name of the scrape job, for the one thing that cannot be told without it: that there is nothing to scrape. */
export const JOB = 'clickstream'

/** Records that must be expected within five minutes before their absence means anything. */
const FEWEST_EXPECTED = 50

/** Alerts on whether the numbers get here, and whether they are right. */
export const pipelineAlerts = (windows: Windows): AlertSource[] => [
  conservationBroken(windows),
  watermarkStalled(windows),
  lagHigh(windows),
  commitsFailing(windows),
  capturesOld(windows),
  snapshotsFailing(windows),
  lineageReset(windows),
  partitionsMissing(windows),
  targetDown(windows),
  noTarget(windows),
  noEvents(windows),
]

/** Within one scrape, which is of one position: sums of different moments would differ without anything being wrong. */
const conservationBroken = ({ m1 }: Windows): AlertSource => {
  const by = byPartition('instance')
  const sum = (name: string): string => `sum ${by} (clickstream_${name})`
  return {
    alert: 'ConservationBroken',
    kind: 'pipeline',
    severity: 'page',
    expr: `
      ${sum('records_consumed_total')} - ${sum('events_total')}
      - ${sum('events_dropped_total')} - ${sum('records_rejected_total')} != 0`,
    forSeconds: m1,
    summary: 'Records are not accounted for: the numbers are wrong.',
    description: `${WHOSE} partition {{ $labels.partition }}, consumed minus accepted, dropped and rejected is {{ $value }} on {{ $labels.instance }}. It must be 0 at every scrape.`,
  }
}

const watermarkStalled = ({ m5, m10 }: Windows): AlertSource => ({
  alert: 'WatermarkStalled',
  kind: 'pipeline',
  severity: 'page',
  expr: `
    min_over_time(partition:clickstream_kafka_consumer_lag_records:max[${duration(m10)}]) > 0
    and (
      changes(partition:clickstream_watermark_timestamp_seconds:max[${duration(m10)}]) == 0
      or changes(partition:clickstream_position_offset:max[${duration(m10)}]) == 0
    )`,
  forSeconds: m5,
  summary: 'There are records to read, and time does not move on.',
  description: `${WHOSE} partition {{ $labels.partition }} has {{ $value | humanize }} records or more before it, and its watermark or its position stands still: its sessions stay open and its counters stop.`,
})

const lagHigh = ({ m10, mostLag }: Windows): AlertSource => ({
  alert: 'LagHigh',
  kind: 'pipeline',
  severity: 'warning',
  expr: `topic:clickstream_event_lag_seconds:histogram_quantile{quantile="0.9"} > ${mostLag}`,
  forSeconds: m10,
  summary: 'The numbers are behind the events.',
  description: `${WHOSE} a tenth of the records is processed {{ $value | humanizeDuration }} or more after it reached the log.`,
})

/** Single failures belong to a rebalance; more failures than successes do not. */
const commitsFailing = ({ m5 }: Windows): AlertSource => {
  const increase = (name: string): string => `increase(clickstream_${name}[${duration(m5)}])`
  return {
    ...commitOrSnapshotFailing('commit'),
    expr: `sum ${byTopic('instance')} (${increase('commit_failures_total')}) > sum ${byTopic('instance')} (${increase('commits_total')})`,
    forSeconds: m5,
    description: `${WHOSE} {{ $value | humanize }} commits failed on {{ $labels.instance }}, more than succeeded: nothing newer is shown.`,
  }
}

const capturesOld = ({ m5, oldCapture }: Windows): AlertSource => ({
  ...commitOrSnapshotFailing('capture'),
  expr: `
    max by (job, instance) (clickstream_capture_age_seconds) * on (job, instance) group_right ()
    max ${byTopic('instance')} (clickstream_partitions_assigned > bool 0) > ${oldCapture}`,
  forSeconds: m5,
  description: `${WHOSE} the numbers that {{ $labels.instance }} shows were committed {{ $value | humanizeDuration }} ago.`,
})

const snapshotsFailing = ({ m5, oldSnapshot }: Windows): AlertSource => ({
  ...commitOrSnapshotFailing('snapshot'),
  expr: `
    max ${byPartition()} (clickstream_snapshot_age_seconds) > ${oldSnapshot}
    and changes(partition:clickstream_position_offset:max[${duration(m5)}]) > 0`,
  forSeconds: m5,
  description: `${WHOSE} the last snapshot of partition {{ $labels.partition }} is {{ $value | humanizeDuration }} old although records come: that much must be replayed after a crash.`,
})

const commitOrSnapshotFailing = (what: string): Omit<AlertSource, 'expr' | 'forSeconds' | 'description'> => ({
  alert: 'CommitOrSnapshotFailing',
  kind: 'pipeline',
  severity: what === 'snapshot' ? 'warning' : 'page',
  labels: { what },
  summary: `The state is not saved: ${what}.`,
})

/** A process that begins with a reset shows it from its first scrape on, which is no increase. */
const lineageReset = ({ m1, m15 }: Windows): AlertSource => ({
  alert: 'LineageReset',
  kind: 'pipeline',
  severity: 'warning',
  expr: `
    sum ${byTopic('cause')} (
      clickstream_lineage_resets_total and on (job, instance) (time() - process_start_time_seconds < ${m15})
      or increase(clickstream_lineage_resets_total[${duration(m15)}])
    ) > 0`,
  forSeconds: m1,
  summary: 'The past could not be rebuilt, and counters began again at 0.',
  description: `${WHOSE} {{ $value | humanize }} partitions began again without their past, for the cause {{ $labels.cause }}: open sessions are lost, totals begin at 0.`,
})

const partitionsMissing = ({ m5, d1 }: Windows): AlertSource => {
  const all = `(
      max ${byTopic()} (clickstream_source_partitions)
      or max ${byTopic()} (last_over_time(clickstream_source_partitions[${duration(d1)}]))
    )`
  return {
    ...exporterDown('partitions', 'page'),
    expr: `
    ${all}
    - ${onTopic()} (count ${byTopic()} (partition:clickstream_records_consumed:max) or 0 * ${all}) > 0`,
    forSeconds: m5,
    description: `${WHOSE} {{ $value }} partitions are shown by no process.`,
  }
}

const targetDown = ({ m5 }: Windows): AlertSource => ({
  ...exporterDown('target', 'warning'),
  expr: `up{job="${JOB}"} == 0`,
  forSeconds: m5,
  description: '{{ $labels.instance }} does not answer. Others of its group may have taken its partitions.',
})

const noTarget = ({ m5 }: Windows): AlertSource => ({
  ...exporterDown('job', 'page'),
  expr: `absent(up{job="${JOB}"})`,
  forSeconds: m5,
  description: `There is nothing to scrape under the job ${JOB}: no exporter is found.`,
})

const exporterDown = (
  what: string,
  severity: AlertSource['severity'],
): Omit<AlertSource, 'expr' | 'forSeconds' | 'description'> => ({
  alert: 'ExporterDown',
  kind: 'pipeline',
  severity,
  labels: { what },
  summary: 'Numbers are missing.',
})

const noEvents = ({ m5, m10 }: Windows): AlertSource => ({
  alert: 'NoEvents',
  kind: 'pipeline',
  severity: 'page',
  expr: `
    topic:clickstream_records_consumed:rate5m == 0
    and topic:clickstream_settled:bool
    and (min ${byTopic()} (topic:clickstream_traffic:before) or topic:clickstream_traffic:avg1d) >= ${FEWEST_EXPECTED} / ${m5}`,
  forSeconds: m10,
  summary: 'No events arrive at all.',
  description: `${WHOSE} nothing was written to the log for a while, at a time at which there usually is traffic. All there was has been read.`,
})
