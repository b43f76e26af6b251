import { coreOptionsOf } from '../consumer/core-options.ts'
import { Inspection } from '../consumer/report/inspection.ts'
import { inspect } from './commands.ts'
import { readWithProgress, runFileCommand } from './file-command.ts'

await runFileCommand(inspect, async ({ settings, arguments: files }) => {
  const inspection = new Inspection(coreOptionsOf(settings))
  let left = settings.limit
  let isMore = false
  for (const file of files) {
    if (isMore) break
    for await (const { records, isCsv } of readWithProgress(file, settings.columns)) {
      for (const record of records.slice(0, left)) process.stdout.write(`${inspection.show(file, record, isCsv)}\n`)
      isMore = records.length > left
      if (isMore) break
      left -= records.length
    }
  }
  process.stdout.write(inspection.summary())
  if (isMore) process.stdout.write(`stopped after ${settings.limit} records, --limit shows more\n`)
})
