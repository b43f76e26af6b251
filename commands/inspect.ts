import { coreOptionsOf } from '../consumer/core-options.ts'
import { kafkaConnectionOf, warningAbout } from '../consumer/kafka-options.ts'
import { readTopic, type TopicReading, UnreadableTopic } from '../consumer/log/kafka/read-topic.ts'
import { TopicMissing } from '../consumer/log/kafka/topic-view.ts'
import { Inspection } from '../consumer/report/inspection.ts'
import { inspect } from './commands.ts'
import { readWithProgress, runFileCommand } from './file-command.ts'

await runFileCommand(inspect, async ({ settings, arguments: files }) => {
  const { limit, columns } = settings
  const inspection = new Inspection(coreOptionsOf(settings))
  const isMore =
    files.length > 0
      ? await showFiles(inspection, files, columns, limit)
      : await showTopic(inspection, { ...settings, connection: kafkaConnectionOf(settings) })
  process.stdout.write(inspection.summary())
  if (isMore) process.stdout.write(`stopped after ${limit} records, --limit shows more\n`)
}).catch((error) => {
  if (!(error instanceof UnreadableTopic)) throw error
  const fix = error.cause instanceof TopicMissing ? '; check --topic' : ''
  process.stderr.write(`inspect: ${error.message}${fix}\n`)
  process.exitCode = 1
})

/** Resolves to whether there is more than the limit lets through. */
async function showFiles(
  inspection: Inspection,
  files: readonly string[],
  columns: readonly string[] | undefined,
  limit: number,
): Promise<boolean> {
  let left = limit
  for (const file of files) {
    for await (const { records, isCsv } of readWithProgress(file, columns)) {
      for (const record of records.slice(0, left)) process.stdout.write(`${inspection.show(file, record, isCsv)}\n`)
      if (records.length > left) return true
      left -= records.length
    }
  }
  return false
}

/** As {@link showFiles}. */
async function showTopic(inspection: Inspection, reading: TopicReading): Promise<boolean> {
  const warning = warningAbout(reading.connection)
  if (warning !== undefined) process.stderr.write(`inspect: ${warning}\n`)
  let left = reading.limit
  for await (const record of readTopic(reading)) {
    if (left === 0) return true
    process.stdout.write(`${inspection.showLogged(reading.topic, record)}\n`)
    left--
  }
  return false
}
