import type { FamilyDescription } from '../../consumer/expose/registry.ts'
import { parseExposition } from './exposition.ts'

/** Series of one partition, without the labels that all of them have -> value. */
export type SeriesValues = ReadonlyMap<string, number>

export type PartitionSeries = ReadonlyMap<number, SeriesValues>

/** The one that tells how much of the log the others stand for. */
export const POSITION = 'clickstream_position_offset'

const SHARED_LABELS = /,?group="[^"]*",topic="[^"]*",partition="(\d+)"\}$/

/** Metric names as they stand on the page. */
export function metricsOf(families: readonly FamilyDescription[]): readonly string[] {
  return families.flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_count`, `${name}_sum`, `${name}_bucket`] : [name],
  )
}

/** What a page of /metrics shows of each partition, those of the given metrics only. */
export function shownPartitions(page: string, metrics: ReadonlySet<string>): PartitionSeries {
  const shown = new Map<number, Map<string, number>>()
  for (const [key, value] of parseExposition(page)) {
    const shared = SHARED_LABELS.exec(key)
    if (shared === null || !metrics.has(metricOf(key))) continue
    const labels = key.slice(0, shared.index)
    const partition = Number(shared[1])
    const series = shown.get(partition) ?? new Map()
    shown.set(partition, series.set(labels.endsWith('{') ? labels.slice(0, -1) : `${labels}}`, value))
  }
  return shown
}

/** `clickstream_page_views_total` of `clickstream_page_views_total{page="/"}`. */
export function metricOf(series: string): string {
  const brace = series.indexOf('{')
  return brace === -1 ? series : series.slice(0, brace)
}
