import { metricOf, type PartitionSeries } from './state-series.ts'

/** A series that does not show what the log holds. */
export interface SeriesDifference {
  readonly partition: number
  readonly series: string
  readonly expected: number
  readonly exposed: number
}

/** A metric over all its labels and partitions. */
export interface MetricTotals {
  readonly metric: string
  readonly expected: number
  readonly exposed: number
  /** How many of its series differ; their differences may cancel out in the totals. */
  readonly differing: number
}

export interface Comparison {
  /** In the order of `metrics`, then what no metric was known for. */
  readonly totals: readonly MetricTotals[]
  /** By partition, then in the order of the totals. */
  readonly differences: readonly SeriesDifference[]
  /** How many series were compared. */
  readonly series: number
}

/**
 * Compares every series of every partition, whichever side it stands on; a series that one side leaves out is 0 there.
 * The numbers come from whole numbers on both sides, so they are equal to the last bit or wrong.
 * @param metrics names whose totals are wanted even when no series has them
 */
export function compare(expected: PartitionSeries, exposed: PartitionSeries, metrics: readonly string[]): Comparison {
  const partitions = [...new Set([...expected.keys(), ...exposed.keys()])].sort((a, b) => a - b)
  const compared = partitions.flatMap((partition) => {
    const wanted = expected.get(partition)
    const shown = exposed.get(partition)
    const keys = new Set([...(wanted?.keys() ?? []), ...(shown?.keys() ?? [])])
    return [...keys].map(
      (series): SeriesDifference => ({
        partition,
        series,
        expected: wanted?.get(series) ?? 0,
        exposed: shown?.get(series) ?? 0,
      }),
    )
  })
  const byMetric = Map.groupBy(compared, ({ series }) => metricOf(series))
  const order = [...new Set([...metrics, ...byMetric.keys()])]
  const totals = order.map((metric) => totalsOf(metric, byMetric.get(metric) ?? []))
  const rank = new Map(order.map((metric, index) => [metric, index]))
  const differences = compared
    .filter(differs)
    .sort((a, b) => a.partition - b.partition || rank.get(metricOf(a.series))! - rank.get(metricOf(b.series))!)
  return { totals, differences, series: compared.length }
}

function totalsOf(metric: string, compared: readonly SeriesDifference[]): MetricTotals {
  return {
    metric,
    // Both sums run over the same series in the same order, so that equal numbers have equal sums.
    expected: compared.reduce((sum, { expected }) => sum + expected, 0),
    exposed: compared.reduce((sum, { exposed }) => sum + exposed, 0),
    differing: compared.filter(differs).length,
  }
}

const differs = ({ expected, exposed }: SeriesDifference): boolean => expected !== exposed
