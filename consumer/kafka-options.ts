import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { KafkaConnection, KafkaLogOptions, TopicCreation } from './log/kafka/kafka-options.ts'
import { RefusedSettings, type SettingsFault } from './settings/fault.ts'
import { unreadable } from './settings/file.ts'
import {
  KAFKA_TABLE,
  type KafkaConnectionSettings,
  type KafkaSettings,
  type TopicCreationSettings,
  topicsBeside,
} from './settings/kafka-settings.ts'

/**
 * How the settings say that brokers are reached; reads the files they name.
 * @throws {RefusedSettings} with a fault for every file that cannot be read or does not hold what it should
 */
export function kafkaConnectionOf(settings: KafkaConnectionSettings): KafkaConnection {
  const faults: SettingsFault[] = []
  const { brokers, clientId } = settings
  const connection = { brokers, clientId, tls: tlsOf(settings, faults), sasl: saslOf(settings, faults) }
  if (faults.length > 0) throw new RefusedSettings(faults)
  return Object.freeze(connection)
}

/** What the operator should read in the log about a connection that works but is not safe. */
export function warningAbout({ tls, sasl }: KafkaConnection): string | undefined {
  if (sasl?.mechanism !== 'plain' || tls !== undefined) return undefined
  const { saslMechanism, tls: tlsSetting } = KAFKA_TABLE
  return `the password for Kafka crosses the network readable: set ${tlsSetting.env}=on, or ${saslMechanism.env} to one of scram`
}

/** What topics may be created with; undefined where they may not. */
export function topicCreationOf(settings: TopicCreationSettings): TopicCreation | undefined {
  const { createTopics, partitions, topicReplication: replication, topicRetentionMs: retentionMs } = settings
  return createTopics ? Object.freeze({ partitions, replication, retentionMs }) : undefined
}

/** What the settings open a Kafka log with. @throws {RefusedSettings} as {@link kafkaConnectionOf} */
export function kafkaLogOptionsOf(settings: KafkaSettings): KafkaLogOptions {
  return Object.freeze({
    connection: kafkaConnectionOf(settings),
    topic: settings.topic,
    group: settings.group,
    ...topicsBeside(settings),
    createTopics: topicCreationOf(settings),
    startFrom: settings.startFrom,
    sessionTimeoutMs: settings.sessionTimeoutMs,
    rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
    fetchBytes: settings.fetchBytes,
    fetchWaitMs: settings.fetchWaitMs,
    compression: settings.compression,
  })
}

type FileSetting = 'tlsCaFile' | 'tlsCertFile' | 'tlsKeyFile' | 'saslPasswordFile'

const faultIn = (name: FileSetting, path: string, fix: string): SettingsFault => {
  const { flag, env } = KAFKA_TABLE[name]
  return { setting: flag, from: `flag, file or env ${env}`, value: path, fix }
}

function textOf(name: FileSetting, path: string, kind: string, faults: SettingsFault[]): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    faults.push(faultIn(name, path, unreadable(error, kind)))
    return undefined
  }
}

/** The text of a PEM file. What it should hold is tried, because a broker's refusal would not tell which file is wrong. */
function pemOf<T>(
  name: FileSetting,
  path: string | undefined,
  { parse, what }: { parse: (pem: string) => T; what: string },
  faults: SettingsFault[],
): { readonly pem: string; readonly parsed: T } | undefined {
  const pem = path === undefined ? undefined : textOf(name, path, 'PEM', faults)
  if (path === undefined || pem === undefined) return undefined
  try {
    return { pem, parsed: parse(pem) }
  } catch {
    faults.push(faultIn(name, path, `holds no ${what}, name the PEM file that does`))
    return undefined
  }
}

const CERTIFICATE = { parse: (pem: string) => new X509Certificate(pem), what: 'certificate' }
const PRIVATE_KEY = { parse: (pem: string) => createPrivateKey(pem), what: 'private key without a passphrase' }

function tlsOf(settings: KafkaConnectionSettings, faults: SettingsFault[]): KafkaConnection['tls'] {
  if (!settings.tls) return undefined
  const ca = pemOf('tlsCaFile', settings.tlsCaFile, CERTIFICATE, faults)
  const cert = pemOf('tlsCertFile', settings.tlsCertFile, CERTIFICATE, faults)
  const key = pemOf('tlsKeyFile', settings.tlsKeyFile, PRIVATE_KEY, faults)
  if (cert !== undefined && key !== undefined && !cert.parsed.checkPrivateKey(key.parsed))
    faults.push(faultIn('tlsKeyFile', settings.tlsKeyFile!, `is not the key of ${settings.tlsCertFile}`))
  return Object.freeze({
    ...(ca === undefined ? {} : { ca: ca.pem }),
    ...(cert === undefined ? {} : { cert: cert.pem }),
    ...(key === undefined ? {} : { key: key.pem }),
  })
}

function saslOf(settings: KafkaConnectionSettings, faults: SettingsFault[]): KafkaConnection['sasl'] {
  const { saslMechanism: mechanism, saslUsername, saslPassword, saslPasswordFile } = settings
  if (mechanism === 'none') return undefined
  const password = saslPassword?.reveal() ?? passwordIn(saslPasswordFile!, faults)
  // Settings name no mechanism without a user and a password.
  return Object.freeze({ mechanism, username: saslUsername!, password })
}

function passwordIn(path: string, faults: SettingsFault[]): string {
  const text = textOf('saslPasswordFile', path, 'password', faults)
  const password = text?.replace(/\r?\n$/, '') ?? ''
  if (text !== undefined && password === '')
    faults.push(faultIn('saslPasswordFile', path, 'is empty, write the password into it'))
  return password
}
