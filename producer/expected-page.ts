import type { Logger } from 'pino'
import { registerBuildInfo } from '../consumer/build-info.ts'
import { Registry, render } from '../consumer/expose/registry.ts'
import { TopicReader } from '../consumer/log/kafka/topic-reader.ts'
import type { CoreSettings, Settings } from '../consumer/settings/settings.ts'
import { within } from '../consumer/within.ts'
import type { Destination } from './destination.ts'
import { registerExpectedMetrics } from './expected-metrics.ts'
import { type ExpectedServer, serveExpected } from './expected-server.ts'
import { ExpectedTotals } from './expected-totals.ts'
import { oracleOptionsOf } from './oracle-options.ts'
import type { Producing } from './producing.ts'

export type ExpectedPageOptions = CoreSettings &
  Settings<'topic' | 'host' | 'expectedPort'> & {
    readonly destination: Destination
    readonly producing: Pick<Producing, 'produced' | 'trouble'>
    readonly logger: Logger
    /** Milliseconds that never go back. */
    readonly steadyNow: () => number
  }

/** Brokers that do not answer may not hold up the end. */
const LONGEST_CLOSE_MS = 2_000

/**
 * Serves what the topic must lead to, and whether producing goes well. Undefined where no port is wanted, or where there
 * is no topic to read back.
 * @throws when the address cannot be listened on
 */
export async function openExpectedPage(options: ExpectedPageOptions): Promise<ExpectedServer | undefined> {
  const { destination, topic, host, expectedPort: port, producing, logger, steadyNow } = options
  if (destination.kafka === undefined || port === undefined) return undefined
  const reader = new TopicReader(destination.kafka, topic)
  const oracleOptions = (appendTime: boolean) => oracleOptionsOf(options, { appendTime })
  // A shape of one's own the oracle cannot read.
  const isReadable = options.dialect !== 'custom'
  const totals = isReadable ? new ExpectedTotals({ reader, oracleOptions, logger, steadyNow }) : undefined
  const registry = new Registry()
  registerExpectedMetrics(registry, { totals, sent: () => producing.produced() })
  registerBuildInfo(registry)
  const server = await serveExpected({
    host,
    port,
    metrics: () => render(registry),
    trouble: () => producing.trouble(),
  })
  totals?.start()
  return {
    url: server.url,
    async close() {
      await server.close()
      await within(LONGEST_CLOSE_MS, Promise.all([totals?.stop(), reader.close()])).catch(() => undefined)
    },
  }
}
