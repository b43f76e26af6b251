import type { SettingsFault } from './fault.ts'
import { KAFKA_TABLE, type KafkaSettings, topicsBeside } from './kafka-settings.ts'
import type { SourceOf } from './source-of.ts'

type KafkaName = keyof typeof KAFKA_TABLE

const TLS_FILES = ['tlsCaFile', 'tlsCertFile', 'tlsKeyFile'] as const
const LOGIN = ['saslUsername', 'saslPassword', 'saslPasswordFile'] as const

/** What is wrong with Kafka settings only when they are seen together. Those not taken, or faulty by themselves, are undefined. */
export function kafkaFaults(values: Partial<KafkaSettings>, sourceOf: SourceOf<KafkaName>): SettingsFault[] {
  return [...tlsFaults(values, sourceOf), ...loginFaults(values, sourceOf), ...topicFaults(values)]
}

function tlsFaults(values: Partial<KafkaSettings>, sourceOf: SourceOf<KafkaName>): SettingsFault[] {
  const faultOf = faultsFor(values, sourceOf)
  // Whoever names a certificate means to be safe, and would not be.
  if (values.tls === false) {
    const idle = TLS_FILES.filter((name) => sourceOf(name) !== undefined)
    return idle.map((name) => faultOf(name, `is not used while TLS is off, set ${env('tls')}=on or leave it out`))
  }
  const hasCert = sourceOf('tlsCertFile') !== undefined
  const hasKey = sourceOf('tlsKeyFile') !== undefined
  if (hasCert === hasKey) return []
  return hasCert
    ? [faultOf('tlsCertFile', `needs its private key, set ${env('tlsKeyFile')}`)]
    : [faultOf('tlsKeyFile', `needs its certificate, set ${env('tlsCertFile')}`)]
}

function loginFaults(values: Partial<KafkaSettings>, sourceOf: SourceOf<KafkaName>): SettingsFault[] {
  const { saslMechanism } = values
  const faultOf = faultsFor(values, sourceOf)
  if (saslMechanism === undefined) return []
  if (saslMechanism === 'none') {
    const idle = LOGIN.filter((name) => sourceOf(name) !== undefined)
    const fix = `is not used without a SASL mechanism, set ${env('saslMechanism')} or leave it out`
    return idle.map((name) => faultOf(name, fix))
  }
  const faults: SettingsFault[] = []
  if (sourceOf('saslUsername') === undefined)
    faults.push(faultOf('saslMechanism', `needs a user, set ${env('saslUsername')}`))
  const password = sourceOf('saslPassword')
  const passwordFile = sourceOf('saslPasswordFile')
  if (password !== undefined && passwordFile !== undefined)
    faults.push(faultOf('saslPasswordFile', `contradicts the password (${password}), leave one of them out`))
  if (password === undefined && passwordFile === undefined) {
    const fix = `needs a password, set ${env('saslPassword')}, or ${env('saslPasswordFile')} to a file that holds it`
    faults.push(faultOf('saslMechanism', fix))
  }
  return faults
}

/** Of two kinds of records in one topic, each would be read as the other. */
function topicFaults(values: Partial<KafkaSettings>): SettingsFault[] {
  const { topic, group, snapshotTopic, deadLetterTopic } = values
  const isFollower = 'snapshotTopic' in values
  if (!isFollower || topic === undefined || group === undefined) return []
  const beside = topicsBeside({ topic, group, snapshotTopic, deadLetterTopic })
  const faults: SettingsFault[] = []
  const taken = new Map([[topic, 'events']])
  for (const [name, records] of [
    ['deadLetterTopic', 'dead letters'],
    ['snapshotTopic', 'snapshots'],
  ] as const) {
    const value = beside[name]
    const others = taken.get(value)
    const fix = `is the topic of the ${others} too, name another with ${env(name)}`
    if (others !== undefined) faults.push({ setting: KAFKA_TABLE[name].flag, value, fix })
    taken.set(value, records)
  }
  return faults
}

const env = (name: KafkaName): string => KAFKA_TABLE[name].env

/** Makes faults with the place and the text of a setting; of a secret there is no text to show. */
const faultsFor =
  (values: Partial<KafkaSettings>, sourceOf: SourceOf<KafkaName>) =>
  (name: KafkaName, fix: string): SettingsFault => {
    const from = sourceOf(name)
    const value = values[name]
    const shown = typeof value === 'string' ? { value } : {}
    return { setting: KAFKA_TABLE[name].flag, ...(from === undefined ? {} : { from }), ...shown, fix }
  }
