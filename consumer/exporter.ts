import { registerBuildInfo } from './build-info.ts'
import { Consumer } from './consumer.ts'
import { newPartitionState } from './core/state.ts'
import { registerClassicMetrics } from './expose/classic-metrics.ts'
import { DeliveryMetrics } from './expose/delivery-metrics.ts'
import type { HttpApi } from './expose/http-api.ts'
import { Registry, registerProcessMetrics } from './expose/registry.ts'
import { Scrape } from './expose/scrape.ts'
import { type RunningServer, serve } from './expose/server.ts'
import { type PartitionCapture, stateFamilies } from './expose/state-families.ts'
import type { FollowingOptions } from './partition-follower.ts'

export interface ExporterOptions extends FollowingOptions {
  readonly classicMetrics: boolean
  readonly host: string
  readonly port: number
  /** How long committed numbers may be shown while newer ones cannot be committed, milliseconds. */
  readonly staleAfterMs: number
  /** Adds series of others to the page. */
  readonly alsoExpose?: (registry: Registry) => void
  /** An API on the same port; its metrics are to be registered there. */
  readonly api?: ((registry: Registry) => HttpApi) | undefined
}

export interface Exporter {
  readonly url: string
  /** The committed numbers, at most a second old where that can be had. */
  shown(): Promise<readonly PartitionCapture[]>
  /** Resolves with the reason when no waiting will make the log readable. */
  readonly refused: Promise<Error>
  /** Saves the state, leaves the log, stops listening. */
  stop(): Promise<void>
}

/** Everything an exporter exposes, registered: what /metrics serves and what the documentation lists. */
export function buildMetrics(
  consumer: Consumer,
  exporter: Omit<ExporterOptions, 'host' | 'port'>,
): { registry: Registry; delivery: DeliveryMetrics; scrape: Scrape } {
  const { log, options, classicMetrics, staleAfterMs, alsoExpose, now, steadyNow, logger } = exporter
  const registry = new Registry()
  const scrape = new Scrape({
    registry,
    families: stateFamilies(newPartitionState(options).counters.cells),
    capture: () => consumer.capture(),
    staleAfterMs,
    heldSince: (partition) => consumer.heldSince(partition),
    steadyNow,
    onManySeries: (series) => logger.warn({ series }, 'more than 10,000 series: lower --max-pages or --partitions'),
  })
  const labels = { group: log.group, topic: log.topic }
  const readings = { statuses: () => consumer.statuses, topicPartitions: () => log.topicPartitions }
  const delivery = new DeliveryMetrics(registry, labels, readings, now)
  if (classicMetrics) registerClassicMetrics(registry, () => scrape.onPage)
  registerBuildInfo(registry)
  registerProcessMetrics(registry)
  alsoExpose?.(registry)
  return { registry, delivery, scrape }
}

/** Follows the log and serves its metrics until stopped. @throws when the address cannot be listened on */
export async function startExporter(exporter: ExporterOptions): Promise<Exporter> {
  const { logger, host, port } = exporter
  const consumer = new Consumer(exporter)
  const { registry, delivery, scrape } = buildMetrics(consumer, exporter)
  const server: RunningServer = await serve({
    host,
    port,
    metrics: (scrapeTimeoutMs) => scrape.text(scrapeTimeoutMs),
    waitingFor: () => consumer.waitingFor,
    onError: (error) => logger.error({ err: error }, 'answering a request failed'),
    api: exporter.api?.(registry),
  })
  const refused = Promise.withResolvers<Error>()
  logger.info({ url: server.url }, 'serving metrics')
  await consumer.start(delivery, refused.resolve)
  return {
    url: server.url,
    refused: refused.promise,
    async shown() {
      await scrape.refresh()
      return scrape.shown
    },
    async stop() {
      try {
        await consumer.stop()
      } finally {
        await server.close()
      }
    },
  }
}
