import { COLLECTOR_SETTINGS } from '../consumer/settings/collector-settings.ts'
import {
  KAFKA_CONNECTION_SETTINGS,
  KAFKA_SECURITY_SETTINGS,
  KAFKA_SETTINGS,
  TOPIC_CREATION_SETTINGS,
} from '../consumer/settings/kafka-settings.ts'
import {
  CORE_SETTINGS,
  EMBEDDED_LOG_SETTINGS,
  LOGGING_SETTINGS,
  SERVICE_SETTINGS,
} from '../consumer/settings/settings.ts'
import { PRODUCING_SETTINGS, TRAFFIC_SETTINGS } from '../consumer/settings/traffic-settings.ts'
import { command } from './command-line.ts'

export const start = command({
  name: 'start',
  summary: 'Runs everything in one process: synthetic traffic, the embedded log, the exporter and its metrics.',
  settings: [
    ...CORE_SETTINGS,
    ...SERVICE_SETTINGS,
    ...EMBEDDED_LOG_SETTINGS,
    ...TRAFFIC_SETTINGS,
    'expected',
    'collect',
    ...COLLECTOR_SETTINGS,
  ],
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
  summary: 'Writes synthetic traffic to a Kafka topic, an HTTP endpoint or a file.',
  settings: [
    ...CORE_SETTINGS,
    ...KAFKA_CONNECTION_SETTINGS,
    ...TOPIC_CREATION_SETTINGS,
    ...LOGGING_SETTINGS,
    'summaryIntervalMs',
    'topic',
    'compression',
    ...TRAFFIC_SETTINGS,
    ...PRODUCING_SETTINGS,
  ],
  defaults: SHAREABLE,
})

export const collector = command({
  name: 'collector',
  summary:
    'Takes in events over HTTP (POST /events) and writes them to a Kafka topic; answers only when the topic has them.',
  settings: [
    ...CORE_SETTINGS,
    ...KAFKA_CONNECTION_SETTINGS,
    ...TOPIC_CREATION_SETTINGS,
    ...LOGGING_SETTINGS,
    ...COLLECTOR_SETTINGS,
    'topic',
    'compression',
    'host',
    'port',
  ],
  // The exporter has 8000, a producer 8001. A broker takes a batch of a megabyte unless told otherwise.
  defaults: { ...SHAREABLE, port: '8002', maxRecordBytes: '512KiB' },
})

/** Wherever a replay goes. */
const REPLAY_SETTINGS = ['mostRecords', 'replaySpeed', 'replayRate', 'resume', 'progressFolder'] as const

export const replay = command({
  name: 'replay',
  summary:
    'Writes the events of files to a Kafka topic, an HTTP endpoint, the embedded log or a file: as fast as they happened, faster, or as fast as it gets.',
  settings: [
    ...CORE_SETTINGS,
    'columns',
    'inputFormat',
    ...REPLAY_SETTINGS,
    ...KAFKA_CONNECTION_SETTINGS,
    ...TOPIC_CREATION_SETTINGS,
    'topic',
    'compression',
    'endpoint',
    'apiKey',
    'output',
    'data',
    'retentionBytes',
  ],
  defaults: SHAREABLE,
  arguments: 'FILE',
  asksWhenGiven: 'data',
})

export const pageviews = command({
  name: 'pageviews',
  summary:
    "Writes Wikimedia's hourly pageviews to a Kafka topic; lines without a project or a page are left out and counted.",
  settings: [
    'bootstrap',
    'source',
    'topic',
    ...REPLAY_SETTINGS,
    ...KAFKA_SECURITY_SETTINGS,
    ...TOPIC_CREATION_SETTINGS,
    'compression',
  ],
  defaults: { ...SHAREABLE, topic: 'wm_pageviews' },
  arguments: 'FILE',
  insteadOfArguments: 'source',
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

export const profile = command({
  name: 'profile',
  summary:
    'Says what files or a Kafka topic hold: which fields, how complete, what times and in what order, duplicates, users, sessions, pages, oddities.',
  settings: [
    ...CORE_SETTINGS,
    ...KAFKA_CONNECTION_SETTINGS,
    'topic',
    'startFrom',
    'columns',
    'inputFormat',
    'mostRecords',
    'format',
  ],
  defaults: { allowedLatenessMs: 'unlimited' },
  arguments: 'FILE',
  insteadOfArguments: 'topic',
})

export const VERIFY_SETTINGS = [
  ...CORE_SETTINGS,
  ...KAFKA_CONNECTION_SETTINGS,
  'partitions',
  'topicReplication',
  'compression',
  'sessionTimeoutMs',
  'consumers',
  'kill',
  ...TRAFFIC_SETTINGS,
  'fromMs',
  'events',
  'format',
] as const

export const verify = command({
  name: 'verify',
  summary:
    'Proves the numbers: writes a disorderly stream to an embedded log of its own, or with --brokers to a topic of its own, and compares every metric with what the log must lead to. Exit code 0 when all are equal.',
  settings: VERIFY_SETTINGS,
  defaults: {
    ...SHAREABLE,
    events: '100000',
    fromMs: '2026-01-01T00:00:00Z',
    // More than an hour: sessions end, and lateness passes, while others go on.
    ratePerSecond: '20',
    visitors: '20000',
    disorder:
      'duplicate=0.03,delayed_duplicate=0.03,out_of_order=0.1,late=0.03,future_dated=0.01,bad_json=0.01,wrong_type=0.02,truncated=0.01,bot=0.05',
    // Fewer than the traffic has: what counts under __other__ is verified too.
    maxPages: '10',
    // A consumer that was killed holds its partitions for so long.
    sessionTimeoutMs: '6s',
  },
  asksWhenGiven: 'brokers',
})

/** Every command, in the order they are documented in. */
export const COMMANDS = [
  start,
  consumer,
  producer,
  collector,
  replay,
  pageviews,
  profile,
  report,
  inspect,
  verify,
] as const
