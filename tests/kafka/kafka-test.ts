import { test as base, inject, type TestContext } from 'vitest'
import { connectKafka, type KafkaClient } from './kafka-client.ts'
import type { SharedBroker } from './ladder.ts'
import { type BrokerWords, type NativeBroker, startBroker } from './native-broker.ts'
import { NoBroker } from './no-broker.ts'
import { askForBroker } from './shared-broker.ts'

/** The broker all tests of this run share; started by the first that asks. @throws {NoBroker} when there can be none */
export const sharedBroker = (): Promise<SharedBroker> => askForBroker(inject('brokerShare'))

/** The broker, or the end of the test: skipped, with what is missing for one. */
export async function orSkip<Broker>({ skip }: Pick<TestContext, 'skip'>, broker: Promise<Broker>): Promise<Broker> {
  try {
    return await broker
  } catch (error) {
    if (error instanceof NoBroker) skip(error.message)
    throw error
  }
}

interface KafkaFixtures {
  /** The broker all tests share. */
  broker: SharedBroker
  /** Connected to it. */
  kafka: KafkaClient
  /** Starts a broker of the test's own, which is gone when the test is over. */
  startOwn: (words?: BrokerWords) => Promise<NativeBroker>
}

/** vitest's `test` with a Kafka. Only what a test names among its arguments is started for it. */
export const kafkaTest = base.extend<KafkaFixtures>({
  broker: async ({ skip }, use) => {
    await use(await orSkip({ skip }, sharedBroker()))
  },
  kafka: async ({ broker }, use) => {
    const client = await connectKafka(broker.bootstrap)
    await use(client)
    await client.disconnect()
  },
  startOwn: async ({ skip }, use) => {
    const started: NativeBroker[] = []
    await use(async (words) => {
      const broker = await orSkip({ skip }, startBroker(words))
      started.push(broker)
      return broker
    })
    await Promise.all(started.map((broker) => broker.close()))
  },
})
