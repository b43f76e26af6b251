import { runCommand } from '../commands/command-line.ts'
import { consumer } from '../commands/commands.ts'
import { runUntilStopped } from '../commands/run-until-stopped.ts'
import { now, openServiceLog, print, printSummaries, steadyNow } from '../commands/running-service.ts'
import { coreOptionsOf } from './core-options.ts'
import { startExporter } from './exporter.ts'
import { kafkaLogOptionsOf, warningAbout } from './kafka-options.ts'
import { KafkaLog } from './log/kafka/kafka-log.ts'

await runCommand(consumer, async ({ settings }) => {
  const options = coreOptionsOf(settings)
  const kafka = kafkaLogOptionsOf(settings)
  const { logger, close: closeLog } = openServiceLog(settings)
  const warning = warningAbout(kafka.connection)
  if (warning !== undefined) logger.warn(warning)
  await runUntilStopped(async () => {
    const exporter = await startExporter({
      ...settings,
      log: new KafkaLog(kafka),
      options,
      // Beyond it another member of the group may own the partitions and show newer numbers.
      staleAfterMs: Math.min(kafka.sessionTimeoutMs, kafka.rebalanceTimeoutMs),
      now,
      steadyNow,
      logger,
    })
    print(`clickstream-exporter follows ${kafka.topic} as a member of ${kafka.group}
  brokers   ${kafka.connection.brokers.join(', ')}
  metrics   ${exporter.url}/metrics
  page      ${exporter.url}/
  log file  ${settings.logFile ?? 'none'}
`)
    const endSummaries = printSummaries(exporter, settings.summaryIntervalMs)
    return {
      failed: exporter.refused,
      async stop() {
        print('stopping: saving the state ...')
        endSummaries()
        await exporter.stop()
        logger.info('stopped')
        await closeLog()
        print('stopped; whoever owns the partitions next goes on from here')
      },
    }
  })
})
