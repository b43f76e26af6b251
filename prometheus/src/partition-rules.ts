import { COUNTERS, GAUGES, HISTOGRAMS } from './families.ts'
import { byPartition, type RecordingRule } from './rule.ts'

/**
 * A partition's series, whichever process shows them. While it moves two may, with numbers of one history: the greater
 * is the newer, so nothing is doubled and nothing goes back.
 */
export const partitionRules = (): RecordingRule[] => [
  ...Object.entries(COUNTERS).map(([name, labels]) => greatest(name, `${name}_total`, labels)),
  ...HISTOGRAMS.flatMap((name) => [
    greatest(`${name}_bucket`, `${name}_bucket`, ['le']),
    greatest(`${name}_sum`, `${name}_sum`),
    greatest(`${name}_count`, `${name}_count`),
  ]),
  ...GAUGES.map((name) => greatest(name, name)),
]

const greatest = (name: string, metric: string, labels: readonly string[] = []): RecordingRule => ({
  record: `partition:clickstream_${name}:max`,
  expr: `max ${byPartition(...labels)} (clickstream_${metric})`,
})
