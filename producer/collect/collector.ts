import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { DurableLog } from '../../consumer/contract/durable-log.ts'
import type { LogView } from '../../consumer/contract/log-view.ts'
import type { HttpApi } from '../../consumer/expose/http-api.ts'
import type { Registry } from '../../consumer/expose/registry.ts'
import type { Settings } from '../../consumer/settings/settings.ts'
import type { Access } from './access.ts'
import { collectEvents } from './collect-events.ts'
import { CollectorMetrics } from './collector-metrics.ts'
import { exportHandler, type OwnView } from './export-handler.ts'
import { Intake } from './intake.ts'
import { PendingBytes } from './pending-bytes.ts'
import { RecordReader, type TakingOptions } from './record-reader.ts'
import { collectorRoutes } from './routes.ts'
import { LogStatistics } from './statistics.ts'
import { statsHandler } from './stats-handler.ts'
import { timedLog } from './timed-log.ts'

export interface CollectorOptions
  extends Settings<'maxBodyBytes' | 'maxRequestRecords' | 'maxPendingBytes' | 'appendTimeoutMs' | 'corsOrigins'> {
  readonly core: TakingOptions
  readonly access: Access
  readonly log: DurableLog
  /** The same log, for /stats. Nobody else reads through it. */
  readonly view: LogView
  /** The same log, for one /export. */
  readonly openView: () => OwnView
  /** Its metrics are registered there. */
  readonly registry: Registry
  /** Whether browsers get a landing page at `/`. */
  readonly hasLandingPage: boolean
  readonly now: () => number
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
  readonly logger: Logger
}

/** What takes in events over HTTP and writes them to a log. */
export interface Collector {
  readonly api: HttpApi
  /** Why nothing gets into the log; undefined while nothing is known to be wrong. */
  readonly trouble: string | undefined
  /** Takes nothing new; resolves when what is pending is answered, within the append timeout. */
  stop(): Promise<void>
}

const REQUEST_MS = 15_000
/** Beyond the longest wait for the log. */
const IDLE_MS = 60_000
const MOST_CONNECTIONS = 1_000
const STOP_MS = 2_000

const LINKS = [
  { path: '/stats', text: 'how many events the log holds, by type, and the last ones' },
  { path: '/export', text: 'everything the log holds, as JSON; ?format=ndjson, from, to and limit' },
]

/** A command line that sends an event of this moment. */
export function exampleOf(origin: string, { kind }: Access): string {
  const key = kind === 'this_machine' ? '' : ` -H "X-API-Key: $COLLECTOR_API_KEY"`
  const event = `{"user_id":7,"action":"view","page":"/","timestamp":'$(date +%s)'}`
  return `curl${key} -H 'Content-Type: application/json' -d '${event}' ${origin}/events`
}

export function openCollector(options: CollectorOptions): Collector {
  const { core, access, maxPendingBytes, appendTimeoutMs, now, steadyNow, logger } = options
  const pending = new PendingBytes({ mostBytes: maxPendingBytes })
  const log = timedLog(options.log, steadyNow, (ms) => metrics.appendTook(ms / 1000))
  const intake = new Intake({ log, appendTimeoutMs, steadyNow })
  const metrics = new CollectorMetrics(options.registry, {
    pendingBytes: () => pending.bytes,
    pendingBytesLimit: maxPendingBytes,
    trouble: () => intake.trouble,
  })
  const statistics = new LogStatistics({ view: options.view, options: core, logger, steadyNow })
  const reader = new RecordReader({ core, newId: randomUUID, now })
  let isStopping = false
  const routes = collectorRoutes({
    access,
    corsOrigins: options.corsOrigins,
    events: collectEvents({ ...options, pending, reader, intake, metrics }),
    stats: statsHandler({ statistics }),
    exporting: exportHandler({ openView: options.openView, core, logger }),
    pending,
    stopping: () => isStopping,
    metrics,
    logger,
  })
  return {
    api: {
      observe: (_request, response, next) => {
        // An answer that was cut off had its status too.
        response.once('close', () => {
          if (response.headersSent) metrics.answered(response.statusCode)
        })
        next()
      },
      status: () => ({ status: 'healthy', log: intake.trouble ?? 'available' }),
      landing: options.hasLandingPage ? { links: LINKS, example: (origin) => exampleOf(origin, access) } : undefined,
      routes,
      limits: {
        requestMs: REQUEST_MS,
        idleMs: appendTimeoutMs + IDLE_MS,
        mostConnections: MOST_CONNECTIONS,
        stopMs: STOP_MS,
      },
      onFault: ({ status, reason }) => {
        metrics.answered(status)
        metrics.refused(reason)
      },
    },
    get trouble() {
      return isStopping ? 'stopping' : intake.trouble
    },
    async stop() {
      isStopping = true
      await Promise.all([intake.stop(), statistics.stop()])
    },
  }
}
