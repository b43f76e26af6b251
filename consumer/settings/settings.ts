import { EVENT_TYPES } from '../contract/click-event.ts'
import { BUILT_IN_DIALECTS } from '../contract/dialects.ts'
import { SESSION_KEYS } from '../contract/validate.ts'
import type { Funnel } from '../core/funnel.ts'
import { COLLECTOR_TABLE } from './collector-settings.ts'
import { type Setting, setting, type TextSetting, type TreeSetting, unlessGiven, type ValueOf } from './entry.ts'
import { FILE_TABLE } from './file-settings.ts'
import { DEFAULT_FUNNELS, readFunnels } from './funnels.ts'
import { DEAD_LETTER_SUFFIX, KAFKA_TABLE, SNAPSHOT_SUFFIX } from './kafka-settings.ts'
import { choice, currencyCode, list, onOff, orWord, path, text, topicName } from './kinds.ts'
import { byteSize, duration, port, wholeNumber } from './quantities.ts'
import { TRAFFIC_TABLE } from './traffic-settings.ts'

/** A custom mapping is named by --mapping and may be asked for by name as well. */
export const DIALECTS = [
  'auto',
  ...(Object.keys(BUILT_IN_DIALECTS) as (keyof typeof BUILT_IN_DIALECTS)[]),
  'custom',
] as const

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const lateness = orWord(duration(), { none: 0, unlimited: Number.POSITIVE_INFINITY })

/** Timers cannot wait longer than 24 days; a day is more than any of these needs. */
const interval = duration({ atLeast: '100ms', atMost: '1d' })

/**
 * Every setting, described once: flags, environment, configuration file, help and the README's table come from here.
 * Durations are milliseconds, sizes are bytes.
 */
export const SETTINGS = {
  sessionGapMs: setting(duration({ atLeast: '1ms' }), {
    flag: 'session-gap',
    group: 'Sessions and time',
    default: '30m',
    help: 'Idle time that ends a session; an event exactly this much later still belongs to it. Shorter gaps give more and shorter sessions.',
  }),
  allowedLatenessMs: setting(lateness, {
    flag: 'allowed-lateness',
    group: 'Sessions and time',
    default: '10m',
    help: 'How far behind stream time an event may be and still count. More lateness loses fewer events, closes sessions later and keeps more of them in memory. none means 0; with unlimited sessions close only at the end.',
  }),
  sessionKey: setting(choice(SESSION_KEYS), {
    flag: 'session-key',
    group: 'Sessions and time',
    default: 'user',
    help: 'What a session belongs to: the user, or the user and the session id that the events carry.',
  }),
  futureToleranceMs: setting(duration(), {
    flag: 'future-tolerance',
    group: 'Sessions and time',
    default: '5m',
    help: 'How far an event time may lie after its log time; beyond it the event is rejected as future_dated.',
  }),
  aheadLimitMs: setting(duration(), {
    flag: 'ahead-limit',
    group: 'Sessions and time',
    default: '5m',
    help: 'An event further ahead of stream time than this counts, but does not move stream time on its own: one broken clock must not make everybody else late.',
  }),
  aheadUsers: setting(wholeNumber({ atLeast: 1, atMost: 1_000 }), {
    flag: 'ahead-users',
    group: 'Sessions and time',
    default: '3',
    help: 'How many distinct users must be beyond the ahead limit before stream time follows them.',
  }),
  idleAfterMs: setting(orWord(duration({ atLeast: '1s', atMost: '1d' }), { on: 60_000, off: undefined }), {
    flag: 'idle-advance',
    group: 'Sessions and time',
    default: 'on',
    help: 'How long a partition must be quiet before its stream time moves on by itself, so that its last sessions close; on means 1m. With off they stay open until the next event.',
  }),
  engagedAfterMs: setting(duration(), {
    flag: 'engaged-after',
    group: 'Sessions and time',
    default: '10s',
    help: 'A session that lasted longer is engaged, hence no bounce by the definition ga4.',
  }),
  keyEvents: setting(list(choice(EVENT_TYPES)), {
    flag: 'key-events',
    group: 'Sessions and time',
    default: 'purchase',
    help: 'Event types that make a session engaged whatever its length.',
  }),

  dialect: setting(choice(DIALECTS), {
    flag: 'dialect',
    group: 'Reading events',
    default: 'auto',
    help: 'The JSON shape of the events. auto tells the built-in ones apart by the keys of each record; custom needs a mapping.',
  }),
  mapping: unlessGiven(path, {
    flag: 'mapping',
    group: 'Reading events',
    help: 'YAML file that maps your own JSON shape onto the event; implies the dialect custom.',
  }),
  maxRecordBytes: setting(byteSize({ atLeast: '1KiB', atMost: '10MiB' }), {
    flag: 'max-record-bytes',
    group: 'Reading events',
    default: '1MiB',
    help: 'A longer record is rejected unread as too_large.',
  }),
  dropBots: setting(onOff, {
    flag: 'drop-bots',
    group: 'Reading events',
    default: 'off',
    help: 'Drop events whose user agent is that of a known bot.',
  }),
  defaultCurrency: setting(orWord(currencyCode, { none: '' }), {
    flag: 'default-currency',
    group: 'Reading events',
    default: 'none',
    help: 'ISO 4217 code of prices that name no currency; with none their revenue is counted without one.',
  }),
  columns: unlessGiven(list(text('NAME')), {
    flag: 'columns',
    env: 'CSV_COLUMNS', // COLUMNS is the width of the terminal in many shells
    group: 'Reading events',
    help: 'Column names of CSV files that have no header row.',
  }),
  dedupeRows: setting(onOff, {
    flag: 'dedupe-rows',
    group: 'Reading events',
    default: 'off',
    help: 'Take a record without an event id for a duplicate when all its bytes are the same as those of an earlier one.',
  }),

  pages: setting(list(text('PAGE')), {
    flag: 'pages',
    group: 'Metrics',
    default: '',
    help: 'Pages that always get series of their own, whatever else comes first.',
  }),
  maxPages: setting(wholeNumber({ atLeast: 0, atMost: 10_000 }), {
    flag: 'max-pages',
    group: 'Metrics',
    default: '100',
    help: 'How many other pages get series of their own, first come first served; the rest count under __other__. Every page costs a handful of series per partition.',
  }),
  classicMetrics: setting(onOff, {
    flag: 'classic-metrics',
    group: 'Metrics',
    default: 'off',
    help: 'Also expose page_views_total, clicks_total, average_session_duration_seconds and bounce_rate_percent, for panels that know only those.',
  }),
  funnels: {
    flag: 'funnels',
    group: 'Metrics',
    default: DEFAULT_FUNNELS,
    shown: DEFAULT_FUNNELS.map(({ name, steps }) => `${name}: ${steps.map((step) => step.name).join(' > ')}`).join(
      '; ',
    ),
    help: 'Funnels by name, each a list of steps { name, event, page }; name and page may be left out. At most 10 funnels and 31 steps in all.',
    readTree(tree) {
      const reading = readFunnels(tree)
      return 'faults' in reading ? reading : { value: reading.funnels }
    },
  } satisfies TreeSetting<readonly Funnel[]> as TreeSetting<readonly Funnel[]>,

  data: setting(path, {
    flag: 'data',
    env: 'DATA_DIR',
    group: 'Log and state',
    default: './data',
    help: 'Folder of the embedded log; one process at a time can have it open.',
  }),
  partitions: setting(wholeNumber({ atLeast: 1, atMost: 256 }), {
    flag: 'partitions',
    group: 'Log and state',
    default: '1',
    help: 'Partitions of the log when it is created; a folder or a Kafka topic that is there already keeps its own number. As many processes can share a topic as it has partitions; adding some later moves users between them.',
  }),
  group: setting(topicName({ suffixLength: SNAPSHOT_SUFFIX.length }), {
    flag: 'group',
    env: 'KAFKA_GROUP',
    group: 'Log and state',
    default: 'clickstream-exporter',
    help: 'Consumer group: positions and snapshots are kept under it, and all metrics carry it as a label.',
  }),
  topic: setting(topicName({ suffixLength: DEAD_LETTER_SUFFIX.length }), {
    flag: 'topic',
    env: 'KAFKA_TOPIC',
    group: 'Log and state',
    default: 'user-events',
    help: 'Topic of the events.',
  }),
  retentionBytes: setting(byteSize({ atLeast: '64KiB', atMost: '16TiB' }), {
    flag: 'retention',
    group: 'Log and state',
    default: '1GiB',
    help: 'Size of the embedded log beyond which its oldest records are deleted.',
  }),
  snapshotIntervalMs: setting(interval, {
    flag: 'snapshot-interval',
    group: 'Log and state',
    default: '30s',
    help: 'Time between snapshots of the state. Longer intervals write less and replay more after a crash.',
  }),

  ...KAFKA_TABLE,

  host: setting(text('HOST'), {
    flag: 'host',
    env: 'LISTEN_HOST', // HOST is the machine's name in many shells
    group: 'Server',
    default: '127.0.0.1',
    help: 'Address the server listens on; 0.0.0.0 for all. There is no login: whoever reaches it can read the metrics.',
  }),
  port: setting(port, {
    flag: 'port',
    group: 'Server',
    default: '8000',
    help: 'Port the server listens on; 0 takes any free one.',
  }),

  summaryIntervalMs: setting(orWord(interval, { none: undefined, '0': undefined }), {
    flag: 'summary-interval',
    group: 'Console and log file',
    default: '5s',
    help: 'Time between the summaries on the console; none prints none.',
  }),
  logFile: setting(orWord(path, { none: undefined }), {
    flag: 'log-file',
    group: 'Console and log file',
    default: 'logs/analytics.log',
    help: 'File the log is written to, one JSON object per line; with none there is no file.',
  }),
  logLevel: setting(choice(LOG_LEVELS), {
    flag: 'log-level',
    group: 'Console and log file',
    default: 'info',
    help: 'Least level that is logged.',
  }),
  logRotateBytes: setting(byteSize({ atLeast: '1KiB', atMost: '1TiB' }), {
    flag: 'log-rotate-size',
    group: 'Console and log file',
    default: '10MiB',
    help: 'Size at which the log file is put aside and a new one begins.',
  }),
  logKeep: setting(wholeNumber({ atLeast: 1, atMost: 1_000 }), {
    flag: 'log-keep',
    group: 'Console and log file',
    default: '5',
    help: 'How many log files put aside are kept.',
  }),

  ...COLLECTOR_TABLE,
  ...TRAFFIC_TABLE,
  ...FILE_TABLE,

  consumers: setting(wholeNumber({ atLeast: 1, atMost: 16 }), {
    flag: 'consumers',
    env: 'VERIFY_CONSUMERS',
    group: 'Kafka',
    default: '2',
    help: 'How many consumer processes share the topic that is verified.',
  }),
  kill: setting(onOff, {
    flag: 'kill',
    env: 'VERIFY_KILL',
    group: 'Kafka',
    default: 'off',
    help: 'Kill one of the consumers with SIGKILL when about half is consumed, and start another.',
  }),

  format: setting(choice(['table', 'json']), {
    flag: 'format',
    env: 'REPORT_FORMAT',
    group: 'Output',
    default: 'table',
    help: 'How the result is printed: for people, or as one JSON document, in which revenue is decimal text because JSON numbers are doubles.',
  }),
  limit: setting(wholeNumber({ atLeast: 1, atMost: 1_000_000 }), {
    flag: 'limit',
    env: 'INSPECT_LIMIT',
    group: 'Output',
    default: '20',
    help: 'How many records are shown.',
  }),

  config: unlessGiven(path, {
    flag: 'config',
    env: 'CONFIG_FILE',
    group: 'General',
    help: 'YAML file with settings, each under the name of its flag: session-gap: 30m. Flags and environment variables win over it.',
  }),
} satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof SETTINGS

/** The values of the named settings. Frozen, nested lists included. */
export type Settings<N extends SettingName> = { readonly [K in N]: ValueOf<(typeof SETTINGS)[K]> }

/** A command's own defaults, written as one would write the flag. */
export type Defaults<N extends SettingName> = {
  readonly [K in N as (typeof SETTINGS)[K] extends TextSetting<unknown> ? K : never]?: string
}

/** What the numbers depend on: the same core settings over the same log give the same counters. */
export const CORE_SETTINGS = [
  'sessionGapMs',
  'allowedLatenessMs',
  'sessionKey',
  'futureToleranceMs',
  'aheadLimitMs',
  'aheadUsers',
  'engagedAfterMs',
  'keyEvents',
  'dialect',
  'mapping',
  'maxRecordBytes',
  'dropBots',
  'defaultCurrency',
  'pages',
  'maxPages',
  'funnels',
] as const satisfies readonly SettingName[]

/** What it takes to write a log of what happens. */
export const LOGGING_SETTINGS = [
  'logFile',
  'logLevel',
  'logRotateBytes',
  'logKeep',
] as const satisfies readonly SettingName[]

/** What only a command with the embedded log takes. */
export const EMBEDDED_LOG_SETTINGS = ['data', 'partitions', 'retentionBytes'] as const satisfies readonly SettingName[]

/** What a command that reads a log and serves metrics takes besides. */
export const SERVICE_SETTINGS = [
  'idleAfterMs',
  'classicMetrics',
  'group',
  'topic',
  'snapshotIntervalMs',
  'host',
  'port',
  'summaryIntervalMs',
  ...LOGGING_SETTINGS,
] as const satisfies readonly SettingName[]

export type CoreSettings = Settings<(typeof CORE_SETTINGS)[number]>
