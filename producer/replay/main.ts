import { runCommand } from '../../commands/command-line.ts'
import { replay, start } from '../../commands/commands.ts'
import { runUntilStopped } from '../../commands/run-until-stopped.ts'
import { now, print, steadyNow } from '../../commands/running-service.ts'
import { coreOptionsOf } from '../../consumer/core-options.ts'
import { warningAbout } from '../../consumer/kafka-options.ts'
import { destinationOf, embeddedDestination } from '../destination.ts'
import { numericColumnsOf } from './numeric-columns.ts'
import { eventPreparation } from './prepare-event.ts'
import { startReplaying } from './replaying.ts'

await runCommand(replay, async ({ settings, arguments: paths, given }) => {
  const core = coreOptionsOf(settings)
  // The exporter that reads the folder next expects the number it would make it with itself.
  const partitions = given.has('partitions') ? settings.partitions : Number(start.defaultOf('partitions'))
  const destination = given.has('data')
    ? embeddedDestination({ ...settings, partitions }, now)
    : destinationOf(settings, { now, steadyNow })
  const warning = destination.kafka && warningAbout(destination.kafka)
  if (warning !== undefined) process.stderr.write(`${warning}\n`)
  const reading = {
    format: settings.inputFormat,
    columns: settings.columns,
    numericColumns: numericColumnsOf(core.dialect),
  }
  await runUntilStopped(() =>
    startReplaying({
      ...settings,
      paths,
      reading,
      destination,
      preparation: (replayId) => eventPreparation(core, replayId),
      // Where standard output is for the events, people read the other one.
      print: settings.output === '-' ? (line) => process.stderr.write(`${line}\n`) : print,
      terminal: process.stderr,
      steadyNow,
    }),
  )
})
