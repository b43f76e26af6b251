import { coreOptionsOf } from '../consumer/core-options.ts'
import { kafkaConnectionOf } from '../consumer/kafka-options.ts'
import type { TopicReading } from '../consumer/log/kafka/read-topic.ts'
import { Inspection } from '../consumer/report/inspection.ts'
import { inspect } from './commands.ts'
import { readWithProgress } from './file-command.ts'
import { readTopicFor, runSourceCommand } from './source-command.ts'

await runSourceCommand(inspect, async ({ settings, arguments: files }) => {
  const { limit, columns } = settings
  const inspection = new Inspection(coreOptionsOf(settings))
  const isMore =
    files.length > 0
      ? await showFiles(inspection, files, columns, limit)
      : await showTopic(inspection, { ...settings, connection: kafkaConnectionOf(settings) })
  process.stdout.write(inspection.summary())
  if (isMore) process.stdout.write(`stopped after ${limit} records, --limit shows more\n`)
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
  let left = reading.limit
  for await (const record of readTopicFor(inspect, reading)) {
    if (left === 0) return true
    process.stdout.write(`${inspection.showLogged(reading.topic, record)}\n`)
    left--
  }
  return false
}
