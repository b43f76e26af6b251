/** The one place that knows the metrics client. Text format 0.0.4 only: an OpenMetrics render renames its counters. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export { Counter, Gauge, Histogram, Registry }

export const PREFIX = 'clickstream_'

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** One line of the text format, before it is one. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly sharedLabels?: Readonly<Record<string, string>>
  readonly value: number
  /** Where it differs from the family's: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly metricName?: string
}

export interface FamilyDescription {
  /** Full name. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labelNames: readonly string[]
}

/** Adds a family whose samples are read at render time, from numbers that live elsewhere. */
export function registerFamily(
  registry: Registry,
  { name, help, type }: FamilyDescription,
  samples: () => readonly Sample[],
): void {
  const family = { name, help, type, get: async () => ({ name, help, type, values: samples(), aggregator: 'sum' }) }
  // The registry renders whatever has a name and a get(); its type declarations know only its own classes.
  registry.registerMetric(family as unknown as Counter)
}

/** Gauges that the client names like counters; the same numbers stand under nodejs_active_handles and so on. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** The page of metrics. The client writes NaN as `Nan`, which the format does not know. */
export const render = async (registry: Registry): Promise<string> =>
  (await registry.metrics()).replaceAll(' Nan\n', ' NaN\n')

/** Metrics of the Node process under their usual names (process_*, nodejs_*). */
export function registerProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
}
