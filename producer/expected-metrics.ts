import { PREFIX, type Registry, registerFamily } from '../consumer/expose/registry.ts'
import type { ExpectedTotals } from './expected-totals.ts'

/** What a producer tells Prometheus: what it wrote, and what all that is in the log must lead to. */
export function registerExpectedMetrics(
  registry: Registry,
  { totals, sent }: { readonly totals: ExpectedTotals | undefined; readonly sent: () => number },
): void {
  registerFamily(
    registry,
    {
      name: `${PREFIX}producer_sent_records_total`,
      help: 'Records this process wrote and knows to be stored.',
      type: 'counter',
      labelNames: [],
    },
    () => [{ labels: {}, value: sent() }],
  )
  if (totals === undefined) return
  registerFamily(
    registry,
    {
      name: `${PREFIX}producer_expected_total`,
      help: 'What the exporter must show, by metric, summed over all partitions and labels: computed from the log by rules of its own. Holds where clickstream_producer_expected_lag_records is 0. Absent when records were deleted before they were read.',
      type: 'counter',
      labelNames: ['metric'],
    },
    () => [...(totals.totals() ?? [])].map(([name, value]) => ({ labels: { metric: withoutPrefix(name) }, value })),
  )
  registerFamily(
    registry,
    {
      name: `${PREFIX}producer_expected_lag_records`,
      help: 'Records that were seen in the log and are not in the expected totals yet.',
      type: 'gauge',
      labelNames: [],
    },
    () => {
      const lag = totals.lag()
      return lag === undefined ? [] : [{ labels: {}, value: lag }]
    },
  )
}

const withoutPrefix = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name)
