import { BUILT_IN_DIALECTS } from '../contract/dialects.ts'
import { type SecretSetting, type Setting, setting, unlessGiven } from './entry.ts'
import { isoTime } from './kafka-kinds.ts'
import { choice, list, onOff, orWord, path } from './kinds.ts'
import { disorder } from './parse-disorder.ts'
import { amount, duration, port, wholeNumber } from './quantities.ts'
import { SCENARIOS } from './scenario-names.ts'
import type { SettingName } from './settings.ts'
import { durationOrSeconds, httpAddress, outputPath, speedFactor } from './traffic-kinds.ts'

const DIALECTS = Object.keys(BUILT_IN_DIALECTS) as (keyof typeof BUILT_IN_DIALECTS)[]

/** The part of the settings table that only commands which make synthetic traffic take. */
export const TRAFFIC_TABLE = {
  ratePerSecond: setting(amount({ atMost: 1_000_000 }), {
    flag: 'rate',
    group: 'Synthetic traffic',
    default: '200',
    help: 'Synthetic events per second on the average of a day; 0 produces none.',
  }),
  users: unlessGiven(wholeNumber({ atLeast: 1, atMost: 1_000_000 }), {
    flag: 'users',
    env: 'PRODUCER_USERS', // USERS is anybody's
    group: 'Synthetic traffic',
    help: 'How many visitors are on the site at a time, on the average of a day; in place of a rate.',
  }),
  seed: setting(wholeNumber({ atLeast: 0, atMost: 4_294_967_295 }), {
    flag: 'seed',
    group: 'Synthetic traffic',
    default: '1',
    help: 'The same seed gives the same visitors, journeys and catalogue.',
  }),
  run: unlessGiven(wholeNumber({ atLeast: 0, atMost: 900_718 }), {
    flag: 'run',
    env: 'PRODUCER_RUN', // RUN is anybody's
    group: 'Synthetic traffic',
    help: 'The same seed and run give the same event ids, which count once only; unless given every start is another run, and what --output writes is run 1.',
  }),
  visitors: setting(wholeNumber({ atLeast: 1, atMost: 10_000_000 }), {
    flag: 'visitors',
    group: 'Synthetic traffic',
    default: '2000',
    help: 'How many different visitors there are.',
  }),
  trafficModel: unlessGiven(path, {
    flag: 'model',
    env: 'PRODUCER_MODEL', // MODEL is anybody's
    group: 'Synthetic traffic',
    help: 'YAML file that says what visitors do, or only what differs from the shop that comes along.',
  }),
  emitDialect: setting(choice(DIALECTS), {
    flag: 'emit',
    env: 'PRODUCER_EMIT',
    group: 'Synthetic traffic',
    default: 'user-events',
    help: 'The JSON shape that synthetic events are written in.',
  }),
  disorder: setting(disorder, {
    flag: 'disorder',
    env: 'PRODUCER_DISORDER',
    group: 'Synthetic traffic',
    default: 'none',
    help: 'Share of the records that are sent twice, late, damaged and so on, each from 0 to 1: late=0.01,bad_json=0.001. all gives each 0.01.',
  }),
  scenarios: setting(list(choice(SCENARIOS)), {
    flag: 'scenario',
    env: 'PRODUCER_SCENARIO',
    group: 'Synthetic traffic',
    default: '',
    help: 'What goes wrong for a while; docs/scenarios.md says what each does to the metrics.',
  }),
  scenarioAtMs: setting(duration(), {
    flag: 'at',
    env: 'PRODUCER_SCENARIO_AT',
    group: 'Synthetic traffic',
    default: '60s',
    help: 'When the scenarios begin, in event time since the beginning.',
  }),
  scenarioForMs: setting(duration({ atLeast: '1ms' }), {
    flag: 'for',
    env: 'PRODUCER_SCENARIO_FOR',
    group: 'Synthetic traffic',
    default: '120s',
    help: 'How long the scenarios last, in event time.',
  }),
  speed: setting(speedFactor, {
    flag: 'speed',
    env: 'PRODUCER_SPEED',
    group: 'Synthetic traffic',
    default: '1',
    help: 'How many times as fast as real time event time runs. It begins in the past and goes on in real time once it has reached the present.',
  }),
  fromMs: unlessGiven(isoTime, {
    flag: 'from',
    env: 'PRODUCER_FROM',
    group: 'Synthetic traffic',
    help: 'Event time of the beginning, in UTC unless it names a zone. Unless given it is now; with --speed as far back as --duration makes up for, or else a day; with --events 2026-01-01T00:00:00Z.',
  }),
  events: unlessGiven(wholeNumber({ atLeast: 1, atMost: 1_000_000_000_000 }), {
    flag: 'events',
    env: 'PRODUCER_EVENTS',
    group: 'Synthetic traffic',
    help: 'End after so many records, made as fast as possible; their event times are simulated.',
  }),
  durationMs: unlessGiven(durationOrSeconds, {
    flag: 'duration',
    env: 'PRODUCER_DURATION',
    group: 'Synthetic traffic',
    help: 'End after this time.',
  }),
  endpoint: unlessGiven(httpAddress, {
    flag: 'endpoint',
    env: 'PRODUCER_ENDPOINT',
    group: 'Synthetic traffic',
    help: 'Address that events are sent to in place of Kafka: POST of {"records":[...]}, up to 500 at a time.',
  }),
  apiKey: {
    flag: 'api-key',
    env: 'PRODUCER_API_KEY',
    group: 'Synthetic traffic',
    help: 'Sent to the endpoint as X-API-Key.',
    isSecret: true,
  } satisfies SecretSetting as SecretSetting,
  output: unlessGiven(outputPath, {
    flag: 'output',
    env: 'PRODUCER_OUTPUT',
    group: 'Synthetic traffic',
    help: 'File that events are written to in place of Kafka, one a line; what it held is replaced.',
  }),
  expectedPort: setting(orWord(port, { off: undefined }), {
    flag: 'expected-port',
    env: 'PRODUCER_EXPECTED_PORT',
    group: 'Synthetic traffic',
    default: '8001',
    help: 'Port on which the producer tells the totals that the exporter must show, computed from the topic by rules of its own; 0 takes any free one. There is none without a topic.',
  }),
  expected: setting(onOff, {
    flag: 'expected',
    env: 'PRODUCER_EXPECTED',
    group: 'Synthetic traffic',
    default: 'on',
    help: 'Show the totals that the log must lead to beside the metrics, computed by rules of their own.',
  }),
} satisfies Record<string, Setting<unknown>>

/** What the traffic is made of, wherever it goes. */
export const TRAFFIC_SETTINGS = [
  'ratePerSecond',
  'users',
  'seed',
  'visitors',
  'trafficModel',
  'emitDialect',
  'disorder',
  'scenarios',
  'scenarioAtMs',
  'scenarioForMs',
] as const satisfies readonly SettingName[]

/** When it happens, and where it goes but for Kafka. */
export const PRODUCING_SETTINGS = [
  'run',
  'speed',
  'fromMs',
  'events',
  'durationMs',
  'endpoint',
  'apiKey',
  'output',
  'expectedPort',
  'host',
] as const satisfies readonly SettingName[]
