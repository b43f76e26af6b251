import { describe, expect, test } from 'vitest'
import { kafkaConnectionOf, kafkaLogOptionsOf, topicCreationOf, warningAbout } from '../../consumer/kafka-options.ts'
import { describeFault, RefusedSettings } from '../../consumer/settings/fault.ts'
import { KAFKA_SETTINGS, type KafkaSettings } from '../../consumer/settings/kafka-settings.ts'
import { type Environment, resolveSettings } from '../../consumer/settings/resolve.ts'
import { someFiles } from '../e2e/command-run.ts'
import { selfSigned } from './self-signed.ts'

function settingsOf(env: Environment): KafkaSettings {
  const resolution = resolveSettings(['topic', 'group', ...KAFKA_SETTINGS], {}, new Map(), env)
  if ('faults' in resolution) throw new Error(resolution.faults.map(describeFault).join('\n'))
  return resolution.settings
}

const connectionOf = (env: Environment) => kafkaConnectionOf(settingsOf(env))

function faultsOf(env: Environment): string[] {
  try {
    connectionOf(env)
  } catch (error) {
    if (error instanceof RefusedSettings) return error.message.split('\n')
    throw error
  }
  return []
}

test('the settings by default are the options of a log on this machine', () => {
  expect(kafkaLogOptionsOf(settingsOf({}))).toEqual({
    connection: { brokers: ['localhost:9092'], clientId: 'clickstream-exporter', tls: undefined, sasl: undefined },
    topic: 'user-events',
    group: 'clickstream-exporter',
    snapshotTopic: 'clickstream-exporter-snapshots',
    deadLetterTopic: 'user-events.deadletter',
    createTopics: { partitions: 1, replication: -1, retentionMs: 604_800_000 },
    startFrom: 'earliest',
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 60_000,
    fetchBytes: 1_048_576,
    fetchWaitMs: 250,
    compression: 'zstd',
  })
})

test('topics that go with others are called after them unless named', () => {
  const names = { KAFKA_TOPIC: 'clicks', KAFKA_GROUP: 'shop' }
  expect(kafkaLogOptionsOf(settingsOf(names))).toMatchObject({
    snapshotTopic: 'shop-snapshots',
    deadLetterTopic: 'clicks.deadletter',
  })
  const named = { ...names, KAFKA_SNAPSHOT_TOPIC: 'kept', KAFKA_DEAD_LETTER_TOPIC: 'refused' }
  expect(kafkaLogOptionsOf(settingsOf(named))).toMatchObject({ snapshotTopic: 'kept', deadLetterTopic: 'refused' })
})

test('topics are created only where that is allowed', () => {
  expect(topicCreationOf(settingsOf({ KAFKA_CREATE_TOPICS: 'off' }))).toBeUndefined()
  const wanted = { PARTITIONS: '6', KAFKA_TOPIC_REPLICATION: '3', KAFKA_TOPIC_RETENTION: '1m' }
  expect(topicCreationOf(settingsOf(wanted))).toEqual({ partitions: 6, replication: 3, retentionMs: 60_000 })
})

describe('a login', () => {
  const LOGIN = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'ann' }
  const ofFile = (content: string): Environment => ({
    ...LOGIN,
    KAFKA_SASL_PASSWORD_FILE: someFiles({ password: content })[0],
  })

  test('has the password of the variable as it is', () => {
    const { sasl } = connectionOf({ ...LOGIN, KAFKA_SASL_PASSWORD: ' pass=word\n' })
    expect(sasl).toEqual({ mechanism: 'plain', username: 'ann', password: ' pass=word\n' })
  })

  test.each([
    ['as it is', ' pass word ', ' pass word '],
    ['without the line break at the end', 'password\n', 'password'],
    ['without a line break of two characters', 'password\r\n', 'password'],
    ['without one line break only', 'password\n\n', 'password\n'],
  ])('has the password of the file %s', (_, content, password) => {
    expect(connectionOf(ofFile(content)).sasl?.password).toBe(password)
  })

  test('is refused with a file that holds none', () => {
    const env = ofFile('\n')
    expect(faultsOf(env)).toEqual([
      `kafka-sasl-password-file: "${env.KAFKA_SASL_PASSWORD_FILE}" (flag, file or env KAFKA_SASL_PASSWORD_FILE): is empty, write the password into it`,
    ])
  })

  test.each<[what: string, env: Environment, warned: boolean]>([
    ['a plain password without TLS', LOGIN, true],
    ['a plain password over TLS', { ...LOGIN, KAFKA_TLS: 'on' }, false],
    ['scram without TLS', { ...LOGIN, KAFKA_SASL_MECHANISM: 'scram-sha-256' }, false],
  ])('with %s is warned about: %s', (_, env, warned) => {
    const warning = warningAbout(connectionOf({ ...env, KAFKA_SASL_PASSWORD: 'tell-nobody' }))
    expect(warning !== undefined).toBe(warned)
    expect(warning ?? '').not.toContain('tell-nobody')
  })

  test('that is none is not warned about', () => {
    expect(warningAbout(connectionOf({}))).toBeUndefined()
  })
})

describe('TLS', () => {
  const mine = selfSigned()
  const other = selfSigned()

  /** Files of these contents, and the variables that name them. */
  function files(ca: string, cert: string, key: string) {
    const [caFile, certFile, keyFile] = someFiles({ 'ca.pem': ca, 'me.pem': cert, 'me.key': key }) as [
      string,
      string,
      string,
    ]
    const env = {
      KAFKA_TLS: 'on',
      KAFKA_TLS_CA_FILE: caFile,
      KAFKA_TLS_CERT_FILE: certFile,
      KAFKA_TLS_KEY_FILE: keyFile,
    }
    return { env, caFile, certFile, keyFile }
  }

  test('without files trusts the usual authorities', () => {
    expect(connectionOf({ KAFKA_TLS: 'on' }).tls).toEqual({})
  })

  test('has the texts of its files, all the authorities of a bundle included', () => {
    const bundle = other.cert + mine.cert
    expect(connectionOf(files(bundle, mine.cert, mine.key).env).tls).toEqual({ ca: bundle, ...mine })
  })

  test('is refused with the key of another certificate', () => {
    const { env, certFile, keyFile } = files(other.cert, mine.cert, other.key)
    expect(faultsOf(env)).toEqual([
      `kafka-tls-key-file: "${keyFile}" (flag, file or env KAFKA_TLS_KEY_FILE): is not the key of ${certFile}`,
    ])
  })

  test('is refused with files that hold something else, each of them named', () => {
    const { env, caFile, certFile, keyFile } = files('', mine.key, mine.cert)
    expect(faultsOf(env)).toEqual([
      `kafka-tls-ca-file: "${caFile}" (flag, file or env KAFKA_TLS_CA_FILE): holds no certificate, name the PEM file that does`,
      `kafka-tls-cert-file: "${certFile}" (flag, file or env KAFKA_TLS_CERT_FILE): holds no certificate, name the PEM file that does`,
      `kafka-tls-key-file: "${keyFile}" (flag, file or env KAFKA_TLS_KEY_FILE): holds no private key without a passphrase, name the PEM file that does`,
    ])
  })

  test('is refused with files that cannot be read, a password file among them', () => {
    const login = {
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'ann',
      KAFKA_SASL_PASSWORD_FILE: import.meta.dirname,
    }
    expect(faultsOf({ ...login, KAFKA_TLS: 'on', KAFKA_TLS_CA_FILE: '/nowhere/ca.pem' })).toEqual([
      'kafka-tls-ca-file: "/nowhere/ca.pem" (flag, file or env KAFKA_TLS_CA_FILE): there is no such file, check the path',
      `kafka-sasl-password-file: "${import.meta.dirname}" (flag, file or env KAFKA_SASL_PASSWORD_FILE): is a folder, name the password file in it`,
    ])
  })
})
