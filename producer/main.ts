import { runCommand } from '../commands/command-line.ts'
import { producer } from '../commands/commands.ts'
import { runUntilStopped } from '../commands/run-until-stopped.ts'
import { now, openServiceLog, print, steadyNow } from '../commands/running-service.ts'
import { kafkaConnectionOf, warningAbout } from '../consumer/kafka-options.ts'
import { startProducing } from './producing.ts'

await runCommand(producer, async ({ settings }) => {
  const connection = kafkaConnectionOf(settings)
  const { logger, close: closeLog } = openServiceLog(settings)
  const warning = warningAbout(connection)
  if (warning !== undefined) logger.warn(warning)
  await runUntilStopped(async () => {
    const producing = startProducing({ ...settings, connection, logger, print, now, steadyNow })
    return {
      async stop() {
        await producing.stop()
        await closeLog()
      },
    }
  })
})
