import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeFault } from '../../consumer/settings/fault.ts'
import { brokerAddress, replication, startingPoint } from '../../consumer/settings/kafka-kinds.ts'
import {
  KAFKA_CONNECTION_SETTINGS,
  KAFKA_SETTINGS,
  KAFKA_TABLE,
  type KafkaSettings,
} from '../../consumer/settings/kafka-settings.ts'
import type { Kind } from '../../consumer/settings/kinds.ts'
import { type Environment, resolveSettings } from '../../consumer/settings/resolve.ts'
import { EMBEDDED_LOG_SETTINGS, SERVICE_SETTINGS } from '../../consumer/settings/settings.ts'
import { someFiles } from '../e2e/command-run.ts'

const FOLLOWING = ['topic', 'group', ...KAFKA_SETTINGS] as const

const resolve = (env: Environment, flags: Readonly<Record<string, string>> = {}) =>
  resolveSettings(FOLLOWING, {}, new Map(Object.entries(flags)), env)

function settingsOf(env: Environment): KafkaSettings {
  const resolution = resolve(env)
  if ('faults' in resolution) throw new Error(resolution.faults.map(describeFault).join('\n'))
  return resolution.settings
}

function faultsOf(env: Environment, flags?: Readonly<Record<string, string>>): string[] {
  const resolution = resolve(env, flags)
  return 'faults' in resolution ? resolution.faults.map(describeFault) : []
}

const readingOf = (kind: Kind<unknown>, given: string): unknown => {
  const reading = kind.parse(given)
  return reading.ok ? reading.value : reading.fix
}

describe('the Kafka settings', () => {
  test('have defaults for a broker on this machine', () => {
    expect(settingsOf({})).toEqual({
      topic: 'user-events',
      group: 'clickstream-exporter',
      brokers: ['localhost:9092'],
      clientId: 'clickstream-exporter',
      tls: false,
      tlsCaFile: undefined,
      tlsCertFile: undefined,
      tlsKeyFile: undefined,
      saslMechanism: 'none',
      saslUsername: undefined,
      saslPassword: undefined,
      saslPasswordFile: undefined,
      createTopics: true,
      partitions: 1,
      topicReplication: -1,
      topicRetentionMs: 604_800_000,
      startFrom: 'earliest',
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 60_000,
      fetchBytes: 1_048_576,
      fetchWaitMs: 250,
      compression: 'zstd',
      snapshotTopic: undefined,
      deadLetterTopic: undefined,
    })
  })

  test('are read from variables that all begin with KAFKA_', () => {
    expect(Object.values(KAFKA_TABLE).map(({ env }) => env.slice(0, 6))).toEqual(
      Object.values(KAFKA_TABLE).map(() => 'KAFKA_'),
    )
    const settings = settingsOf({
      KAFKA_BROKERS: 'a, b:9093,[::1]',
      KAFKA_START: '2025-01-31T18:00:00Z',
      KAFKA_CLIENT_ID: 'me',
      KAFKA_TLS: 'on',
      KAFKA_TLS_CA_FILE: 'ca.pem',
      KAFKA_TLS_CERT_FILE: 'me.pem',
      KAFKA_TLS_KEY_FILE: 'me.key',
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
      KAFKA_SASL_USERNAME: 'ann',
      KAFKA_SASL_PASSWORD_FILE: 'password',
      KAFKA_CREATE_TOPICS: 'off',
      KAFKA_TOPIC_REPLICATION: '3',
      KAFKA_TOPIC_RETENTION: '1d',
      KAFKA_SESSION_TIMEOUT: '6s',
      KAFKA_REBALANCE_TIMEOUT: '9s',
      KAFKA_FETCH_BYTES: '4MiB',
      KAFKA_FETCH_WAIT: '100ms',
      KAFKA_COMPRESSION: 'gzip',
      KAFKA_SNAPSHOT_TOPIC: 'kept',
      KAFKA_DEAD_LETTER_TOPIC: 'refused',
    })
    expect(settings).toMatchObject({
      brokers: ['a:9092', 'b:9093', '[::1]:9092'],
      startFrom: Date.UTC(2025, 0, 31, 18),
      clientId: 'me',
      tls: true,
      tlsCaFile: 'ca.pem',
      tlsCertFile: 'me.pem',
      tlsKeyFile: 'me.key',
      saslMechanism: 'scram-sha-256',
      saslUsername: 'ann',
      saslPasswordFile: 'password',
      createTopics: false,
      topicReplication: 3,
      topicRetentionMs: 86_400_000,
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 9_000,
      fetchBytes: 4_194_304,
      fetchWaitMs: 100,
      compression: 'gzip',
      snapshotTopic: 'kept',
      deadLetterTopic: 'refused',
    })
  })

  test('stand in the configuration file under the names of their flags', () => {
    const [config] = someFiles({
      'settings.yaml': 'brokers: [a:1, "[::1]:2"]\nstart-from: latest\nkafka-tls: true\nkafka-fetch-wait: 1s\n',
    }) as [string]
    expect(settingsOf({ CONFIG_FILE: config })).toMatchObject({
      brokers: ['a:1', '[::1]:2'],
      startFrom: 'latest',
      tls: true,
      fetchWaitMs: 1_000,
    })
  })
})

describe('a broker', () => {
  test.each([
    ['kafka-1:9093', 'kafka-1:9093'],
    ['kafka_1.example.com', 'kafka_1.example.com:9092'],
    ['10.0.0.5', '10.0.0.5:9092'],
    ['[2001:db8::5]:09093', '[2001:db8::5]:9093'],
    ['[::1]', '[::1]:9092'],
    ['a:65535', 'a:65535'],
  ])('%s is %s', (given, address) => {
    expect(readingOf(brokerAddress, given)).toBe(address)
  })

  test.each([
    ['::1', 'write an IPv6 address in brackets, [::1]:9092'],
    ['PLAINTEXT://a:9092', 'write host:port without PLAINTEXT://'],
  ])('%s is refused: %s', (given, fix) => {
    expect(readingOf(brokerAddress, given)).toBe(fix)
  })

  test.each([
    '9092',
    '10.0.0',
    'a:0',
    'a:65536',
    'a:http',
    'a:',
    ':9092',
    'a b',
    'a/b',
    '[a]:1',
    '[::1',
    '::1:9092:x',
    '',
  ])('%j is none', (given) => {
    expect(readingOf(brokerAddress, given)).toMatch(/^write host:port such as/)
  })

  test('is needed, and named once', () => {
    expect(faultsOf({}, { brokers: '' })).toEqual([
      'brokers: "" (flag --brokers): is empty, write at least 1 HOST:PORT',
    ])
    expect(faultsOf({ KAFKA_BROKERS: 'a,a:9092' })).toEqual([
      'brokers: "a,a:9092" (env KAFKA_BROKERS): "a:9092" stands there twice, take one out',
    ])
  })
})

describe('a start', () => {
  test.each<[given: string, start: unknown]>([
    ['earliest', 'earliest'],
    ['latest', 'latest'],
    ['1970-01-01', 0],
    ['2025-01-31', Date.UTC(2025, 0, 31)],
    ['2025-01-31T18:00:00', Date.UTC(2025, 0, 31, 18)],
    ['2025-01-31T18:00:00.250+02:00', Date.UTC(2025, 0, 31, 16, 0, 0, 250)],
  ])('%s is %s', (given, start) => {
    expect(readingOf(startingPoint, given)).toBe(start)
  })

  test.each(['1969-12-31', '2025-02-30', 'yesterday', '1738346400000', ''])('%j is none', (given) => {
    const fix = 'write a time since 1970 such as 2025-01-31T18:00:00Z, or earliest or latest'
    expect(readingOf(startingPoint, given)).toBe(fix)
  })

  test('with a slip is told the word', () => {
    expect(readingOf(startingPoint, 'earlyest')).toContain('(did you mean earliest?)')
  })
})

test.each<[given: string, copies: unknown]>([
  ['3', 3],
  ['-1', -1],
  ['0', 'write a whole number from 1 to 32767, or -1'],
  ['-2', 'write a whole number from 1 to 32767, or -1'],
])('a replication of %s is read as %s', (given, copies) => {
  expect(readingOf(replication, given)).toBe(copies)
})

describe('TLS', () => {
  test.each<[what: string, env: Environment, faults: string[]]>([
    [
      'a file while it is off',
      { KAFKA_TLS_CA_FILE: 'ca.pem' },
      [
        'kafka-tls-ca-file: "ca.pem" (env KAFKA_TLS_CA_FILE): is not used while TLS is off, set KAFKA_TLS=on or leave it out',
      ],
    ],
    [
      'a certificate without its key',
      { KAFKA_TLS: 'on', KAFKA_TLS_CERT_FILE: 'me.pem' },
      ['kafka-tls-cert-file: "me.pem" (env KAFKA_TLS_CERT_FILE): needs its private key, set KAFKA_TLS_KEY_FILE'],
    ],
    [
      'a key without its certificate',
      { KAFKA_TLS: 'on', KAFKA_TLS_KEY_FILE: 'me.key' },
      ['kafka-tls-key-file: "me.key" (env KAFKA_TLS_KEY_FILE): needs its certificate, set KAFKA_TLS_CERT_FILE'],
    ],
    [
      'no more than the fault of its own when that is misspelled',
      { KAFKA_TLS: 'maybe', KAFKA_TLS_CA_FILE: 'ca.pem' },
      ['kafka-tls: "maybe" (env KAFKA_TLS): write on or off (true, false, yes, no, 1 and 0 will do)'],
    ],
  ])('is refused with %s', (_, env, faults) => {
    expect(faultsOf(env)).toEqual(faults)
  })
})

describe('SASL', () => {
  const PASSWORD = 'tell-nobody'

  test('takes the password as a secret', () => {
    const env = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: PASSWORD }
    expect(settingsOf(env).saslPassword?.reveal()).toBe(PASSWORD)
  })

  test('takes an empty variable for no password', () => {
    const env = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: '' }
    expect(faultsOf({ ...env, KAFKA_SASL_PASSWORD_FILE: 'password' })).toEqual([])
    expect(faultsOf(env)).toHaveLength(1)
  })

  test.each<[what: string, env: Environment, faults: string[]]>([
    [
      'no user and no password',
      { KAFKA_SASL_MECHANISM: 'scram-sha-512' },
      [
        'kafka-sasl-mechanism: "scram-sha-512" (env KAFKA_SASL_MECHANISM): needs a user, set KAFKA_SASL_USERNAME',
        'kafka-sasl-mechanism: "scram-sha-512" (env KAFKA_SASL_MECHANISM): needs a password, set KAFKA_SASL_PASSWORD, or KAFKA_SASL_PASSWORD_FILE to a file that holds it',
      ],
    ],
    [
      'two passwords',
      {
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: 'ann',
        KAFKA_SASL_PASSWORD: PASSWORD,
        KAFKA_SASL_PASSWORD_FILE: 'password',
      },
      [
        'kafka-sasl-password-file: "password" (env KAFKA_SASL_PASSWORD_FILE): contradicts the password (env KAFKA_SASL_PASSWORD), leave one of them out',
      ],
    ],
    [
      'a login but no mechanism',
      { KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: PASSWORD },
      [
        'kafka-sasl-username: "ann" (env KAFKA_SASL_USERNAME): is not used without a SASL mechanism, set KAFKA_SASL_MECHANISM or leave it out',
        'kafka-sasl-password (env KAFKA_SASL_PASSWORD): is not used without a SASL mechanism, set KAFKA_SASL_MECHANISM or leave it out',
      ],
    ],
    [
      'a mechanism with a slip, and nothing else is said',
      { KAFKA_SASL_MECHANISM: 'scram-sha-257' },
      [
        'kafka-sasl-mechanism: "scram-sha-257" (env KAFKA_SASL_MECHANISM): write none, plain, scram-sha-256 or scram-sha-512 (did you mean scram-sha-256?)',
      ],
    ],
  ])('is refused with %s', (_, env, faults) => {
    expect(faultsOf(env)).toEqual(faults)
  })

  test('takes no password from the configuration file, and does not repeat it', () => {
    const [config] = someFiles({ 'settings.yaml': '' }) as [string]
    writeFileSync(config, `kafka-sasl-password: ${PASSWORD}\n`)
    expect(faultsOf({ CONFIG_FILE: config })).toEqual([
      `kafka-sasl-password (${config}:1): is a secret that no file may hold, set KAFKA_SASL_PASSWORD`,
    ])
  })
})

describe('topics', () => {
  test.each<[what: string, env: Environment, faults: string[]]>([
    [
      'names that Kafka would refuse',
      { KAFKA_SNAPSHOT_TOPIC: 'a b', KAFKA_DEAD_LETTER_TOPIC: '..' },
      [
        'kafka-snapshot-topic: "a b" (env KAFKA_SNAPSHOT_TOPIC): write up to 249 letters, digits, dots, dashes and underscores',
        'kafka-dead-letter-topic: ".." (env KAFKA_DEAD_LETTER_TOPIC): write up to 249 letters, digits, dots, dashes and underscores',
      ],
    ],
    [
      'events and dead letters in one',
      { KAFKA_DEAD_LETTER_TOPIC: 'user-events' },
      [
        'kafka-dead-letter-topic: "user-events": is the topic of the events too, name another with KAFKA_DEAD_LETTER_TOPIC',
      ],
    ],
    [
      'events in what the snapshots of the group are called',
      { KAFKA_TOPIC: 'g-snapshots', KAFKA_GROUP: 'g' },
      ['kafka-snapshot-topic: "g-snapshots": is the topic of the events too, name another with KAFKA_SNAPSHOT_TOPIC'],
    ],
    [
      'snapshots and dead letters in one',
      { KAFKA_SNAPSHOT_TOPIC: 'rest', KAFKA_DEAD_LETTER_TOPIC: 'rest' },
      ['kafka-snapshot-topic: "rest": is the topic of the dead letters too, name another with KAFKA_SNAPSHOT_TOPIC'],
    ],
  ])('are refused with %s', (_, env, faults) => {
    expect(faultsOf(env)).toEqual(faults)
  })

  test('of the embedded log may have any name', () => {
    const env = { KAFKA_TOPIC: 'g-snapshots', KAFKA_GROUP: 'g' }
    const resolution = resolveSettings([...SERVICE_SETTINGS, ...EMBEDDED_LOG_SETTINGS], {}, new Map(), env)
    expect(resolution).not.toHaveProperty('faults')
  })
})

test('a command that only connects takes nothing about groups and topics', () => {
  expect(resolveSettings(KAFKA_CONNECTION_SETTINGS, {}, new Map(), { KAFKA_SNAPSHOT_TOPIC: '..' })).not.toHaveProperty(
    'faults',
  )
})
