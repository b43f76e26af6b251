import { coreOptionsOf } from '../consumer/core-options.ts'
import { startExporter } from '../consumer/exporter.ts'
import { liveSummary } from '../consumer/expose/console-summary.ts'
import { openEmbeddedLog } from '../consumer/log/embedded/embedded-log.ts'
import { openLog } from '../consumer/logging.ts'
import { createGenerator } from '../producer/generator.ts'
import { startPacing } from '../producer/pace.ts'
import { runCommand } from './command-line.ts'
import { start } from './commands.ts'
import { runUntilStopped } from './run-until-stopped.ts'

/** The one process that owns the embedded log can show committed numbers for as long as a scraper may look back. */
const STALE_AFTER_MS = 30_000

const now = (): number => Date.now()
const print = (line: string): boolean => process.stdout.write(`${line}\n`)

// Whoever watched has closed the pipe: that ends the summaries, not the service.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

await runCommand(start, async ({ settings }) => {
  const options = coreOptionsOf(settings)
  const { logger, close: closeLog } = openLog({
    file: settings.logFile,
    level: settings.logLevel,
    rotateBytes: settings.logRotateBytes,
    keep: settings.logKeep,
    console: (line) => process.stderr.write(`${line}\n`),
  })
  await runUntilStopped(async () => {
    const { topic, group, partitions, retentionBytes } = settings
    const log = openEmbeddedLog({ folder: settings.data, topic, group, partitions, retentionBytes, now })
    const exporter = await startExporter({
      ...settings,
      log,
      options,
      staleAfterMs: STALE_AFTER_MS,
      now,
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
    const showSummary = async (): Promise<void> => {
      print(liveSummary(await exporter.shown(), new Date(now()).toISOString().slice(11, 19)))
    }
    const { summaryIntervalMs } = settings
    const summary = summaryIntervalMs === undefined ? undefined : setInterval(showSummary, summaryIntervalMs)

    return async () => {
      print('stopping: saving the state ...')
      clearInterval(summary)
      await pacing.stop()
      await exporter.stop()
      logger.info({ produced: pacing.produced() }, 'stopped')
      await closeLog()
      print('stopped; the next start goes on from here')
    }
  })
})

/** Each start of the generator is a run of its own, so that its ids never come again. */
function nextRun(producerState: string | undefined): number {
  return producerState === undefined ? 1 : (JSON.parse(producerState) as { run: number }).run + 1
}
