import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { collector as command } from '../commands/commands.ts'
import type { DurableLog } from '../consumer/contract/durable-log.ts'
import { coreOptionsOf } from '../consumer/core-options.ts'
import { Registry, render } from '../consumer/expose/registry.ts'
import { serve } from '../consumer/expose/server.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../consumer/log/embedded/embedded-log.ts'
import { accessOf } from '../producer/collect/access.ts'
import { type Collector, openCollector } from '../producer/collect/collector.ts'
import { embeddedDurableLog } from '../producer/collect/embedded-durable-log.ts'
import { parseExposition } from './exposition.ts'

export interface CollectorServer {
  readonly url: string
  readonly port: number
  readonly collector: Collector
  readonly log: EmbeddedLog
  /** Lines of the service's own log. */
  readonly lines: readonly { readonly level: number; readonly msg: string }[]
  post(body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>
  /** The collector's own numbers, without their common prefix; those that are 0 left out. */
  counted(): Promise<Record<string, number>>
}

export interface CollectorWords {
  readonly flags?: readonly string[]
  readonly env?: Record<string, string>
  /** What stands between the collector and its log. */
  readonly log?: (log: DurableLog) => DurableLog
}

/** A collector within this process, on an embedded log in a folder of its own. */
export async function aCollector({
  flags = [],
  env = {},
  log: changed,
}: CollectorWords = {}): Promise<CollectorServer> {
  const parsed = command.parse(flags, env)
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  const { settings } = parsed
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-collector-'))
  const words = { topic: 'user-events', group: 'collector', partitions: 2, retentionBytes: 2 ** 40, now: Date.now }
  const log = openEmbeddedLog({ folder, ...words })
  const durable = embeddedDurableLog(log)
  const lines: { level: number; msg: string }[] = []
  const logger = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) })
  const registry = new Registry()
  const collector = openCollector({
    ...settings,
    core: coreOptionsOf(settings),
    access: accessOf(settings),
    log: changed?.(durable) ?? durable,
    view: log,
    openView: () => ({ view: log, close: async () => {} }),
    registry,
    hasLandingPage: false,
    now: Date.now,
    steadyNow: () => performance.now(),
    logger,
  })
  const server = await serve({
    host: '127.0.0.1',
    port: 0,
    metrics: () => render(registry),
    waitingFor: () => (collector.trouble === undefined ? [] : [collector.trouble]),
    onError: (error) => logger.error({ err: error }, 'answering a request failed'),
    api: collector.api,
  })
  onTestFinished(async () => {
    await collector.stop()
    await server.close()
    await log.leave()
    rmSync(folder, { recursive: true, force: true })
  })
  const { url } = server
  return {
    url,
    port: Number(new URL(url).port),
    collector,
    log,
    lines,
    post: (body, headers) =>
      fetch(`${url}/events`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body }),
    async counted() {
      const page = parseExposition(await (await fetch(`${url}/metrics`)).text())
      const own = [...page].filter(
        ([series, value]) => /^clickstream_collector_.*(total|bytes)\b/.test(series) && value !== 0,
      )
      return Object.fromEntries(own.map(([series, value]) => [series.slice('clickstream_collector_'.length), value]))
    },
  }
}

/** An event of this moment as its JSON text. */
export const eventText = (fields: Record<string, unknown> = {}): string =>
  JSON.stringify({ user_id: 7, action: 'view', page: '/', timestamp: Math.floor(Date.now() / 1000), ...fields })
