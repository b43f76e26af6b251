import type { Counts } from './history.ts'
import { type InputSeries, inputSeries, type Samples } from './series.ts'

/** A number at a time, or undefined where it is not shown. Times are seconds. */
export type OverTime = (seconds: number) => number | undefined

/** What one process shows of a topic's history, and of itself. */
export interface ExporterOptions {
  readonly history: readonly (readonly Counts[])[]
  readonly every: number
  readonly job?: string
  readonly instance?: string
  readonly group?: string
  readonly topic?: string
  /** The second whose numbers are shown of the partition; undefined when it is not shown. By default the present. */
  readonly shows?: (seconds: number, partition: number) => number | undefined
  /** Whether the process answers. Where it does not, nothing of it is there. */
  readonly answers?: (seconds: number) => boolean
  /** Whether Prometheus has it among its targets. */
  readonly listed?: (seconds: number) => boolean
  readonly startedAt?: (seconds: number) => number
  readonly caughtUp?: OverTime
  readonly lag?: OverTime
  readonly watermark?: OverTime
  /** Moves with the watermark unless it says otherwise. */
  readonly position?: OverTime
  /** Seconds that records spend on the way; undefined where none come. */
  readonly eventLag?: OverTime
  readonly labelValues?: OverTime
  readonly commits?: OverTime
  readonly commitFailures?: OverTime
  readonly captureAge?: OverTime
  readonly snapshotAge?: OverTime
  readonly lineageResets?: OverTime
  /** Added to the consumed records: what no outcome accounts for. */
  readonly unaccounted?: (seconds: number) => number
}

const LAG_BOUNDS = ['0.5', '1', '5', '10', '60', '300', '+Inf']

export function exporter(options: ExporterOptions): InputSeries[] {
  const { history, every, job = 'clickstream', instance = 'a:8000', group = 'shop', topic = 'user-events' } = options
  const {
    answers = () => true,
    listed = () => true,
    shows = (seconds) => seconds,
    startedAt = () => -1e6,
    eventLag = () => 0.2,
  } = options
  const {
    caughtUp = () => 1,
    lag = () => 0,
    watermark = (seconds: number) => seconds,
    labelValues = () => 40,
  } = options
  const { commits = (seconds: number) => seconds, commitFailures = () => 0, captureAge = () => 0 } = options
  const { position = watermark, snapshotAge = () => 20, lineageResets = () => 0, unaccounted = () => 0 } = options
  const target = { instance, job }
  const source = { ...target, group, topic }
  const over = (value: OverTime): Samples =>
    history.map((_, scrape) => (answers(scrape * every) ? value(scrape * every) : undefined))
  const partitions = history[0]!.map((_, partition) => partition)
  const sees = (partition: number) => (seconds: number) => shows(seconds, partition) !== undefined

  const ofPartitions = partitions.flatMap((partition) => {
    const labels = { ...source, partition }
    const whileShown =
      (value: OverTime): OverTime =>
      (seconds) =>
        sees(partition)(seconds) ? value(seconds) : undefined
    const counters = [...history.at(-1)![partition]!.keys()].map((series) =>
      inputSeries(
        series.slice(0, series.indexOf('{')),
        { ...ownLabels(series), ...labels },
        over((seconds) => {
          const at = shows(seconds, partition)
          if (at === undefined) return undefined
          const extra = series.startsWith('clickstream_records_consumed') ? unaccounted(seconds) : 0
          return (history[Math.floor(at / every)]![partition]!.get(series) ?? 0) + extra
        }),
      ),
    )
    const gauge = (name: string, value: OverTime) => inputSeries(`clickstream_${name}`, labels, over(whileShown(value)))
    return [
      ...counters,
      gauge('watermark_timestamp_seconds', watermark),
      gauge('position_offset', position),
      gauge('kafka_consumer_lag_records', lag),
      gauge('caught_up', caughtUp),
      gauge('snapshot_age_seconds', snapshotAge),
      inputSeries('clickstream_label_values', { ...labels, label: 'page' }, over(whileShown(labelValues))),
      inputSeries('clickstream_label_values_limit', { ...labels, label: 'page' }, over(whileShown(() => 100))),
    ]
  })

  const buckets = LAG_BOUNDS.map((le) => {
    let count = 0
    const counts = history.map((_, scrape) => {
      const late = eventLag(scrape * every)
      if (late !== undefined && late <= Number(le.replace('+Inf', 'Infinity'))) count += 100 * every
      return count
    })
    return inputSeries(
      'clickstream_event_lag_seconds_bucket',
      { ...source, le },
      over((seconds) => counts[seconds / every]),
    )
  })

  return [
    inputSeries(
      'up',
      target,
      history.map((_, scrape) => (listed(scrape * every) ? Number(answers(scrape * every)) : undefined)),
    ),
    inputSeries('process_start_time_seconds', target, over(startedAt)),
    inputSeries('clickstream_capture_age_seconds', target, over(captureAge)),
    inputSeries('clickstream_commits_total', source, over(commits)),
    inputSeries('clickstream_commit_failures_total', source, over(commitFailures)),
    inputSeries('clickstream_lineage_resets_total', { ...source, cause: 'retention' }, over(lineageResets)),
    inputSeries(
      'clickstream_source_partitions',
      source,
      over(() => partitions.length),
    ),
    inputSeries(
      'clickstream_partitions_assigned',
      source,
      over((seconds) => partitions.filter((partition) => sees(partition)(seconds)).length),
    ),
    ...buckets,
    ...ofPartitions,
  ]
}

const ownLabels = (series: string): Record<string, string> =>
  Object.fromEntries([...series.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label!, value!]))
