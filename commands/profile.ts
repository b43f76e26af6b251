import { coreOptionsOf } from '../consumer/core-options.ts'
import { kafkaConnectionOf, warningAbout } from '../consumer/kafka-options.ts'
import { readTopic, type TopicReading, UnreadableTopic } from '../consumer/log/kafka/read-topic.ts'
import { TopicMissing } from '../consumer/log/kafka/topic-view.ts'
import { Profile } from '../consumer/profile/profile.ts'
import { profileTable } from '../consumer/profile/table.ts'
import type { Settings } from '../consumer/settings/settings.ts'
import { profile } from './commands.ts'
import { readWithProgress, runFileCommand } from './file-command.ts'

await runFileCommand(profile, async ({ settings, arguments: files }) => {
  const found = new Profile(coreOptionsOf(settings), Date.now())
  const limit = settings.mostRecords ?? Number.POSITIVE_INFINITY
  const isMore =
    files.length > 0
      ? await profileFiles(found, files, settings, limit)
      : await profileTopic(found, { ...settings, limit, connection: kafkaConnectionOf(settings) })
  const summary = found.finish()
  if (isMore) process.stderr.write(`profile: stopped after ${limit} records, --limit takes more\n`)
  process.stdout.write(settings.format === 'json' ? `${JSON.stringify(summary, null, 2)}\n` : profileTable(summary))
}).catch((error) => {
  if (!(error instanceof UnreadableTopic)) throw error
  const fix = error.cause instanceof TopicMissing ? '; check --topic' : ''
  process.stderr.write(`profile: ${error.message}${fix}\n`)
  process.exitCode = 1
})

/** Resolves to whether there is more than the limit lets through. */
async function profileFiles(
  found: Profile,
  files: readonly string[],
  { columns, inputFormat }: Settings<'columns' | 'inputFormat'>,
  limit: number,
): Promise<boolean> {
  let left = limit
  for (const file of files) {
    found.begin(file)
    for await (const { records, format, isCsv } of readWithProgress(file, columns, inputFormat)) {
      for (const record of records.slice(0, left)) found.addOfFile(record, format, isCsv)
      if (records.length > left) return true
      left -= records.length
    }
  }
  return false
}

/** As {@link profileFiles}. */
async function profileTopic(found: Profile, reading: TopicReading): Promise<boolean> {
  const warning = warningAbout(reading.connection)
  if (warning !== undefined) process.stderr.write(`profile: ${warning}\n`)
  found.begin(reading.topic)
  let left = reading.limit
  for await (const record of readTopic(reading)) {
    if (left === 0) return true
    found.addOfTopic(record)
    left--
  }
  return false
}
