import {
  KAFKA_CONNECTION_SETTINGS,
  KAFKA_SETTINGS,
  TOPIC_CREATION_SETTINGS,
} from '../consumer/settings/kafka-settings.ts'
import {
  CORE_SETTINGS,
  EMBEDDED_LOG_SETTINGS,
  LOGGING_SETTINGS,
  SERVICE_SETTINGS,
} from '../consumer/settings/settings.ts'
import { command } from './command-line.ts'

export const start = command({
  name: 'start',
  summary: 'Runs everything in one process: synthetic traffic, the embedded log, the exporter and its metrics.',
  settings: [...CORE_SETTINGS, ...SERVICE_SETTINGS, ...EMBEDDED_LOG_SETTINGS, 'ratePerSecond', 'seed', 'visitors'],
  // Somebody watches: sessions close within the first minute.
  defaults: { sessionGapMs: '30s', allowedLatenessMs: '5s', classicMetrics: 'on' },
})

/** What one partition holds no second process can share. */
const SHAREABLE = { partitions: '4' }

export const consumer = command({
  name: 'consumer',
  summary: 'Follows a Kafka topic as a member of a consumer group and serves its metrics.',
  settings: [...CORE_SETTINGS, ...SERVICE_SETTINGS, ...KAFKA_SETTINGS],
  defaults: SHAREABLE,
})

export const producer = command({
  name: 'producer',
  summary: 'Writes synthetic traffic to a Kafka topic.',
  settings: [
    ...KAFKA_CONNECTION_SETTINGS,
    ...TOPIC_CREATION_SETTINGS,
    ...LOGGING_SETTINGS,
    'summaryIntervalMs',
    'topic',
    'compression',
    'ratePerSecond',
    'seed',
    'visitors',
    'run',
  ],
  defaults: SHAREABLE,
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
  summary:
    'Shows the first records of files or of a Kafka topic as the exporter understands them, or why it rejects them.',
  settings: [...CORE_SETTINGS, ...KAFKA_CONNECTION_SETTINGS, 'topic', 'startFrom', 'columns', 'limit'],
  defaults: { allowedLatenessMs: 'unlimited' },
  arguments: 'FILE',
  insteadOfArguments: 'topic',
})

/** Every command, in the order they are documented in. */
export const COMMANDS = [start, consumer, producer, report, inspect] as const
