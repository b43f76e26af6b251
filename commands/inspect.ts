import { coreOptionsOf } from '../consumer/core-options.ts'
import { Inspection } from '../consumer/report/inspection.ts'
import { CORE_SETTINGS, type CoreSettings } from '../consumer/settings.ts'
import { resolveSettings } from '../consumer/settings-resolve.ts'
import { inspect } from './commands.ts'
import { readWithProgress, runFileCommand } from './file-command.ts'

await runFileCommand(inspect, async ({ settings, arguments: files }) => {
  const inspection = new Inspection(coreOptionsOf({ ...standardSettings(), ...settings }))
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

/** Of the settings that inspect does not take. Defaults have no faults. */
function standardSettings(): CoreSettings {
  const resolution = resolveSettings(CORE_SETTINGS, {}, new Map(), {})
  if ('faults' in resolution) throw new Error('the defaults of the settings are not valid')
  return resolution.settings
}
