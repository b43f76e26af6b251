import { coreOptionsOf } from '../consumer/core-options.ts'
import { startExporter } from '../consumer/exporter.ts'
import { openEmbeddedLog } from '../consumer/log/embedded/embedded-log.ts'
import { createGenerator } from '../producer/generator.ts'
import { startPacing } from '../producer/pace.ts'
import { runCommand } from './command-line.ts'
import { start } from './commands.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { now, openServiceLog, print, printSummaries, steadyNow } from './running-service.ts'

/** The one process that owns the embedded log can show committed numbers for as long as a scraper may look back. */
const STALE_AFTER_MS = 30_000

await runCommand(start, async ({ settings }) => {
  const options = coreOptionsOf(settings)
  const { logger, close: closeLog } = openServiceLog(settings)
  await runUntilStopped(async () => {
    const { topic, group, partitions, retentionBytes } = settings
    const log = openEmbeddedLog({ folder: settings.data, topic, group, partitions, retentionBytes, now })
    const exporter = await startExporter({
      ...settings,
      log,
      options,
      staleAfterMs: STALE_AFTER_MS,
      now,
      steadyNow,
      logger,
    }).catch(async (error) => {
      await log.leave()
      throw error
    })

    const run = nextRun(log.producerState())
    const pacing = startPacing({
      generator: createGenerator({ seed: settings.seed, run, visitors: settings.visitors }),
      ratePerSecond: settings.ratePerSecond,
      append: (records) => log.append(records, JSON.stringify({ run })),
      now,
      onError: (error) => logger.error({ err: error }, 'appending synthetic events failed; trying again'),
    })

    print(`clickstream-exporter is running
  metrics   ${exporter.url}/metrics
  page      ${exporter.url}/
  data      ${settings.data}
  log file  ${settings.logFile ?? 'none'}
${settings.ratePerSecond} synthetic events a second; sessions close ${settings.sessionGapMs / 1000} s after their last event. Ctrl-C stops and keeps the state.
`)
    const endSummaries = printSummaries(exporter, settings.summaryIntervalMs)

    return {
      failed: exporter.refused,
      async stop() {
        print('stopping: saving the state ...')
        endSummaries()
        await pacing.stop()
        await exporter.stop()
        logger.info({ produced: pacing.produced() }, 'stopped')
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
