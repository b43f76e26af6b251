import { startContainer } from './container-broker.ts'
import { startBroker } from './native-broker.ts'
import { NoBroker } from './no-broker.ts'

/** A broker for everybody: it keeps running, whatever a test does. */
export interface SharedBroker {
  readonly kind: 'given' | 'container' | 'native'
  readonly bootstrap: string
}

export interface ClosableBroker extends SharedBroker {
  close(): Promise<void>
}

const given = async (): Promise<ClosableBroker> => {
  const { KAFKA_BROKERS: bootstrap } = process.env
  if (!bootstrap) throw new NoBroker('KAFKA_BROKERS is not set')
  return { kind: 'given', bootstrap, close: async () => {} }
}

/** Ways to a broker, each of which may be closed on this machine. */
const RUNGS: readonly (() => Promise<ClosableBroker>)[] = [given, startContainer, () => startBroker()]

/** The first broker to be had. @throws {NoBroker} that tells why every rung led to none */
export async function firstBroker(rungs = RUNGS): Promise<ClosableBroker> {
  const reasons: string[] = []
  for (const rung of rungs) {
    try {
      return await rung()
    } catch (error) {
      if (!(error instanceof NoBroker)) throw error
      reasons.push(error.message)
    }
  }
  throw new NoBroker(`no Kafka to test with: ${reasons.join('; ')}`)
}
