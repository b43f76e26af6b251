import { httpOrigin } from './collector-kinds.ts'
import { type SecretSetting, type Setting, setting, unlessGiven } from './entry.ts'
import { list, onOff, path } from './kinds.ts'
import { byteSize, duration, wholeNumber } from './quantities.ts'
import type { SettingName } from './settings.ts'

/** The part of the settings table that only commands which take in events over HTTP take. */
export const COLLECTOR_TABLE = {
  collect: setting(onOff, {
    flag: 'collect',
    group: 'Collector',
    default: 'on',
    help: 'Take in events with POST /events, and answer /stats and /export, on the port of the metrics.',
  }),
  collectorApiKey: {
    flag: 'collector-api-key',
    env: 'COLLECTOR_API_KEY',
    group: 'Collector',
    help: 'What clients must send as X-API-Key or as Authorization: Bearer. Needed as soon as the server listens beyond this machine.',
    isSecret: true,
  } satisfies SecretSetting as SecretSetting,
  collectorApiKeyFile: unlessGiven(path, {
    flag: 'collector-api-key-file',
    group: 'Collector',
    help: 'File that holds that key and nothing else, a line break at its end aside. Read once, at the start.',
  }),
  corsOrigins: setting(list(httpOrigin), {
    flag: 'cors-origins',
    env: 'COLLECTOR_CORS_ORIGINS',
    group: 'Collector',
    default: '',
    help: 'Sites whose pages may send events from a browser, such as https://shop.example; without any, none may.',
  }),
  maxBodyBytes: setting(byteSize({ atLeast: '1KiB', atMost: '256MiB' }), {
    flag: 'max-body-size',
    env: 'COLLECTOR_MAX_BODY_SIZE',
    group: 'Collector',
    default: '5MiB',
    help: 'A longer request is refused with 413; of a compressed one, both what is sent and what it unpacks to count.',
  }),
  maxRequestRecords: setting(wholeNumber({ atLeast: 1, atMost: 1_000_000 }), {
    flag: 'max-request-records',
    env: 'COLLECTOR_MAX_REQUEST_RECORDS',
    group: 'Collector',
    default: '10000',
    help: 'A request with more records is refused with 413.',
  }),
  maxPendingBytes: setting(byteSize({ atLeast: '1MiB', atMost: '64GiB' }), {
    flag: 'max-pending-bytes',
    env: 'COLLECTOR_MAX_PENDING_BYTES',
    group: 'Collector',
    default: '64MiB',
    help: 'Requests that are being received or wait for the log hold this much at most; beyond it they are refused with 503, and those of a client that takes more than its share with 429.',
  }),
  appendTimeoutMs: setting(duration({ atLeast: '100ms', atMost: '5m' }), {
    flag: 'append-timeout',
    env: 'COLLECTOR_APPEND_TIMEOUT',
    group: 'Collector',
    default: '10s',
    help: 'How long a request waits for the log before it is answered with 503; its records may get into the log all the same.',
  }),
} satisfies Record<string, Setting<unknown>>

/** What a command takes that takes in events over HTTP. */
export const COLLECTOR_SETTINGS = [
  'collectorApiKey',
  'collectorApiKeyFile',
  'corsOrigins',
  'maxBodyBytes',
  'maxRequestRecords',
  'maxPendingBytes',
  'appendTimeoutMs',
] as const satisfies readonly SettingName[]
