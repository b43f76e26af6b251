import { runCommand } from '../commands/command-line.ts'
import { producer } from '../commands/commands.ts'
import { runUntilStopped } from '../commands/run-until-stopped.ts'
import { now, openServiceLog, print, steadyNow } from '../commands/running-service.ts'
import { warningAbout } from '../consumer/kafka-options.ts'
import { destinationOf } from './destination.ts'
import { openExpectedPage } from './expected-page.ts'
import { startProducing } from './producing.ts'
import { productionOf } from './production.ts'

await runCommand(producer, async ({ settings }) => {
  const destination = destinationOf(settings, { now, steadyNow })
  const production = productionOf(settings, now)
  const { logger, close: closeLog } = openServiceLog(settings)
  const warning = destination.kafka && warningAbout(destination.kafka)
  if (warning !== undefined) logger.warn(warning)
  // Where standard output is for the events, people read the other one.
  const say = settings.output === '-' ? (line: string) => process.stderr.write(`${line}\n`) : print
  await runUntilStopped(async () => {
    const producing = await startProducing({ ...settings, production, destination, logger, print: say, now, steadyNow })
    const page = await openExpectedPage({ ...settings, destination, producing, logger, steadyNow })
    if (page !== undefined) say(`expected totals at ${page.url}/metrics`)
    return {
      finished: producing.finished,
      failed: producing.failed,
      async stop() {
        await Promise.all([producing.stop(), page?.close()])
        await closeLog()
      },
    }
  })
})
