import { Kafka, logLevel } from 'kafkajs'
import { registerKafkajsCodecs } from './codecs.ts'
import type { KafkaConnection } from './kafka-options.ts'
import { brokerNames, credentialsOf, socketFactory } from './kafkajs-internals.ts'

/** kafkajs's public client, for producing and administration. It says nothing by itself: failures do. */
export function kafkaClient(connection: KafkaConnection): Kafka {
  registerKafkajsCodecs()
  const { clientId, ssl, sasl } = credentialsOf(connection)
  return new Kafka({
    clientId,
    brokers: brokerNames(connection.brokers),
    socketFactory,
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl }),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    requestTimeout: 10_000,
    retry: { retries: 4, initialRetryTime: 200, maxRetryTime: 2_000 },
  })
}

/** Whether a request failed for one of these reasons of the protocol; kafkajs wraps them in its own. */
export function failedWith(error: unknown, types: ReadonlySet<string>): boolean {
  const { type, cause } = error as { type?: string; cause?: unknown }
  if (type !== undefined && types.has(type)) return true
  return cause !== undefined && cause !== error && failedWith(cause, types)
}
