import { coreOptionsOf } from '../consumer/core-options.ts'
import { startExporter } from '../consumer/exporter.ts'
import type { Registry } from '../consumer/expose/registry.ts'
import { openEmbeddedLog } from '../consumer/log/embedded/embedded-log.ts'
import { describeFault } from '../consumer/settings/fault.ts'
import type { Settings } from '../consumer/settings/settings.ts'
import { SpokenFault } from '../consumer/spoken-fault.ts'
import { accessOf, keyNeeded } from '../producer/collect/access.ts'
import { type Collector, openCollector } from '../producer/collect/collector.ts'
import { embeddedDurableLog } from '../producer/collect/embedded-durable-log.ts'
import { liveRecords } from '../producer/due-records.ts'
import { eventClock } from '../producer/event-clock.ts'
import { registerExpectedMetrics } from '../producer/expected-metrics.ts'
import { ExpectedTotals } from '../producer/expected-totals.ts'
import { loadTrafficModel } from '../producer/journeys/model.ts'
import { oracleOptionsOf } from '../producer/oracle-options.ts'
import { type Pacing, startPacing } from '../producer/pace.ts'
import { syntheticTraffic } from '../producer/synthetic-traffic.ts'
import { runCommand } from './command-line.ts'
import { start } from './commands.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { now, openServiceLog, print, printSummaries, steadyNow } from './running-service.ts'

/** The one process that owns the embedded log can show committed numbers for as long as a scraper may look back. */
const STALE_AFTER_MS = 30_000

const inWords = ({ users, ratePerSecond }: Settings<'users' | 'ratePerSecond'>): string =>
  users === undefined ? `${ratePerSecond} synthetic events a second` : `synthetic events of ${users} visitors at a time`

/** Somebody watches: what happens is shown as it happens. */
const REAL_TIME = { speed: 1, fromMs: undefined, durationMs: undefined }

await runCommand(start, async ({ settings }) => {
  const options = coreOptionsOf(settings)
  const model = loadTrafficModel(settings.trafficModel)
  const access = accessOf(settings)
  const { logger, close: closeLog } = openServiceLog(settings)
  if (settings.collect && access.kind === 'nobody')
    logger.warn(`/events, /stats and /export are closed: ${describeFault(keyNeeded(settings))}`)
  await runUntilStopped(async () => {
    const { topic, group, partitions, retentionBytes } = settings
    const log = openEmbeddedLog({ folder: settings.data, topic, group, partitions, retentionBytes, now })
    const run = nextRun(log.producerState())
    const clock = eventClock(REAL_TIME, now())
    const traffic = syntheticTraffic(settings, model, { run, startMs: clock.startMs })
    const records = liveRecords({ traffic, clock, now, durationMs: undefined, skips: true })
    const oracleOptions = (appendTime: boolean) => oracleOptionsOf(settings, { appendTime })
    // A shape of one's own the oracle cannot read.
    const isExpected = settings.expected && settings.dialect !== 'custom'
    const totals = isExpected ? new ExpectedTotals({ reader: log, oracleOptions, logger, steadyNow }) : undefined
    let collector: Collector | undefined
    const collecting = (registry: Registry) => {
      const openView = () => ({ view: log, close: async () => {} })
      const own = { core: options, access, log: embeddedDurableLog(log), view: log, openView, registry }
      collector = openCollector({ ...settings, ...own, hasLandingPage: true, now, steadyNow, logger })
      return collector.api
    }
    const fault = new SpokenFault(steadyNow)
    let pacing: Pacing | undefined
    const produced = (): number => pacing?.produced() ?? 0
    const exporter = await startExporter({
      ...settings,
      log,
      options,
      staleAfterMs: STALE_AFTER_MS,
      alsoExpose: (registry) => registerExpectedMetrics(registry, { totals, sent: produced }),
      api: settings.collect ? collecting : undefined,
      now,
      steadyNow,
      logger,
    }).catch(async (error) => {
      await log.leave()
      throw error
    })
    totals?.start()

    pacing = startPacing({
      records,
      async append(due) {
        await log.append(due, JSON.stringify({ run }))
        fault.over()
      },
      onError(error) {
        if (fault.met(error)) logger.error({ err: error }, 'appending synthetic events failed; trying again')
      },
    })

    print(`clickstream-exporter is running
  metrics   ${exporter.url}/metrics
  page      ${exporter.url}/${settings.collect ? `\n  events    POST ${exporter.url}/events` : ''}
  data      ${settings.data}
  log file  ${settings.logFile ?? 'none'}
${inWords(settings)}; sessions close ${settings.sessionGapMs / 1000} s after their last event. Ctrl-C stops and keeps the state.
`)
    const endSummaries = printSummaries(exporter, settings.summaryIntervalMs)

    return {
      failed: exporter.refused,
      async stop() {
        print('stopping: saving the state ...')
        endSummaries()
        await pacing?.stop()
        await collector?.stop()
        await totals?.stop()
        await exporter.stop()
        logger.info({ produced: produced() }, 'stopped')
        await closeLog()
        print('stopped; the next start goes on from here')
      },
    }
  })
})

/** Each start of the generator is a run of its own, so that its ids never come again. */
function nextRun(producerState: string | undefined): number {
  return producerState === undefined ? 1 : (JSON.parse(producerState) as { run: number }).run + 1
}
