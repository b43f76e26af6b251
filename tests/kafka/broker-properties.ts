import type { Certificates } from './certificates.ts'

export type Properties = Readonly<Record<string, string | number | boolean>>

/** A broker that is its own controller, and quick: few internal partitions, no waiting for members, eager cleaning. */
export const ALONE: Properties = {
  'node.id': 1,
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAIN',
  'auto.create.topics.enable': false,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 4,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1_000,
  'log.initial.task.delay.ms': 500,
  'log.retention.check.interval.ms': 1_000,
  'log.segment.delete.delay.ms': 1_000,
  'log.cleaner.backoff.ms': 500,
  // After a kill the broker may not register again until the session of its former self has ended.
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
}

/** Sixteen bytes. All have the same: no two of these brokers ever meet. */
export const CLUSTER_ID = Buffer.from('clickstream-test').toString('base64url')

/** What the second listener of a broker asks for; the first one is always plain. */
export type Security = 'tls' | 'mutual_tls' | 'sasl_plaintext' | 'sasl_ssl'

export const USER = { username: 'clara', password: 'the password of clara' } as const

export interface Ports {
  readonly plain: number
  readonly controller: number
  readonly secure: number
}

export const PLAIN_PROTOCOLS = 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT'

/** How the second listener is to be reached; without certificates where it has no TLS. */
export interface SecureWords {
  readonly security: Security
  readonly certificates: Certificates | undefined
}

export const usesTls = (security: Security): boolean => security !== 'sasl_plaintext'
export const usesSasl = (security: Security): boolean => security.startsWith('sasl_')

/** Where it listens and keeps its data. */
export function placeProperties(ports: Ports, dataFolder: string, secure: SecureWords | undefined): Properties {
  const listeners = [`PLAIN://127.0.0.1:${ports.plain}`, `CONTROLLER://127.0.0.1:${ports.controller}`]
  const protocols = [PLAIN_PROTOCOLS]
  if (secure !== undefined) {
    listeners.push(`SECURE://127.0.0.1:${ports.secure}`)
    protocols.push(
      `SECURE:${usesSasl(secure.security) ? 'SASL_' : ''}${usesTls(secure.security) ? 'SSL' : 'PLAINTEXT'}`,
    )
  }
  return {
    'controller.quorum.bootstrap.servers': `127.0.0.1:${ports.controller}`,
    listeners: listeners.join(),
    'listener.security.protocol.map': protocols.join(),
    'log.dirs': dataFolder,
    ...(secure && secureProperties(secure)),
  }
}

function secureProperties({ security, certificates }: SecureWords): Properties {
  const modules = 'org.apache.kafka.common.security'
  const properties = {
    ...(certificates && {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': certificates.serverFile,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': certificates.caFile,
      'ssl.client.auth': security === 'mutual_tls' ? 'required' : 'none',
    }),
    ...(usesSasl(security) && {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_${USER.username}="${USER.password}";`,
      'scram-sha-256.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
      'scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    }),
  }
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [`listener.name.secure.${name}`, value]))
}

/** What StorageTool is to write before the first start, so that the user can log in by SCRAM. */
export function scramUser(): string[] {
  const user = `[name=${USER.username},password=${USER.password}]`
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', `${mechanism}=${user}`])
}

export const propertiesText = (properties: Properties): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
