import { coreOptionsOf } from '../consumer/core-options.ts'
import { Report } from '../consumer/report/report.ts'
import { reportTable } from '../consumer/report/table.ts'
import { report } from './commands.ts'
import { readWithProgress, runFileCommand } from './file-command.ts'

await runFileCommand(report, async ({ settings, arguments: files }) => {
  const totals = new Report(coreOptionsOf(settings, settings))
  for (const file of files) {
    for await (const { records, isCsv } of readWithProgress(file, settings.columns)) {
      for (const record of records) totals.add(record, isCsv)
    }
  }
  const result = totals.finish()
  process.stdout.write(settings.format === 'json' ? `${JSON.stringify(result, null, 2)}\n` : reportTable(result))
})
