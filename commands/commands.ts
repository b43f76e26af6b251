import { CORE_SETTINGS, SERVICE_SETTINGS } from '../consumer/settings/settings.ts'
import { command } from './command-line.ts'

export const start = command({
  name: 'start',
  summary: 'Runs everything in one process: synthetic traffic, the embedded log, the exporter and its metrics.',
  settings: [...CORE_SETTINGS, ...SERVICE_SETTINGS, 'ratePerSecond', 'seed', 'visitors'],
  // Somebody watches: sessions close within the first minute.
  defaults: { sessionGapMs: '30s', allowedLatenessMs: '5s', classicMetrics: 'on' },
})

export const report = command({
  name: 'report',
  summary: 'Reads whole files of events and prints what the exporter would have counted.',
  settings: [...CORE_SETTINGS, 'format', 'columns', 'dedupeRows'],
  // A file is complete when it is read: nothing has to be dropped for being late.
  defaults: { allowedLatenessMs: 'unlimited' },
  arguments: 'FILE',
})

export const inspect = command({
  name: 'inspect',
  summary: 'Shows the first records of files as the exporter understands them, or why it rejects them.',
  settings: [...CORE_SETTINGS, 'columns', 'limit'],
  defaults: { allowedLatenessMs: 'unlimited' },
  arguments: 'FILE',
})

/** Every command, in the order they are documented in. */
export const COMMANDS = [start, report, inspect] as const
