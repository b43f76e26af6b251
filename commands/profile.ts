import { coreOptionsOf } from '../consumer/core-options.ts'
import { kafkaConnectionOf } from '../consumer/kafka-options.ts'
import type { TopicReading } from '../consumer/log/kafka/read-topic.ts'
import { Profile } from '../consumer/profile/profile.ts'
import { profileTable } from '../consumer/profile/table.ts'
import type { Settings } from '../consumer/settings/settings.ts'
import { profile } from './commands.ts'
import { readWithProgress } from './file-command.ts'
import { readTopicFor, runSourceCommand } from './source-command.ts'

await runSourceCommand(profile, async ({ settings, arguments: files }) => {
  const found = new Profile(coreOptionsOf(settings), Date.now())
  const limit = settings.mostRecords ?? Number.POSITIVE_INFINITY
  const isMore =
    files.length > 0
      ? await profileFiles(found, files, settings, limit)
      : await profileTopic(found, { ...settings, limit, connection: kafkaConnectionOf(settings) })
  const summary = found.finish()
  if (isMore) process.stderr.write(`profile: stopped after ${limit} records, --limit takes more\n`)
  process.stdout.write(settings.format === 'json' ? `${JSON.stringify(summary, null, 2)}\n` : profileTable(summary))
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
  found.begin(reading.topic)
  let left = reading.limit
  for await (const record of readTopicFor(profile, reading)) {
    if (left === 0) return true
    found.addOfTopic(record)
    left--
  }
  return false
}
