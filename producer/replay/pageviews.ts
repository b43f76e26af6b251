import { runCommand } from '../../commands/command-line.ts'
import { pageviews } from '../../commands/commands.ts'
import { runUntilStopped } from '../../commands/run-until-stopped.ts'
import { print, steadyNow } from '../../commands/running-service.ts'
import { hourOf } from '../../consumer/files/pageviews.ts'
import { kafkaConnectionOf, warningAbout } from '../../consumer/kafka-options.ts'
import { topicDestination } from '../destination.ts'
import { preparePageviews } from './prepare-pageviews.ts'
import { startReplaying } from './replaying.ts'

await runCommand(pageviews, async ({ settings, arguments: named }) => {
  const paths = named.length > 0 ? named : settings.source!
  const connection = kafkaConnectionOf({ ...settings, brokers: settings.bootstrap, clientId: 'clickstream-pageviews' })
  const warning = warningAbout(connection)
  if (warning !== undefined) process.stderr.write(`${warning}\n`)
  for (const path of paths.filter((path) => hourOf(path) === undefined)) {
    process.stderr.write(
      `${path}: its name tells no hour (pageviews-20240131-170000.gz does), no timestamp is written\n`,
    )
  }
  await runUntilStopped(() =>
    startReplaying({
      ...settings,
      paths,
      reading: { format: 'pageviews', columns: undefined, numericColumns: undefined },
      destination: topicDestination(connection, settings, steadyNow),
      preparation: () => preparePageviews,
      print,
      terminal: process.stderr,
      steadyNow,
    }),
  )
})
