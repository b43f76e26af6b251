import { kafkaClient } from './kafka-client.ts'
import type { KafkaConnection } from './kafka-options.ts'
import { Nodes } from './nodes.ts'
import { TopicView } from './topic-view.ts'
import { createTopic, creationCommand, type TopicPlan } from './topics.ts'

const REQUEST_TIMEOUT_MS = 10_000

export interface WantedTopic {
  readonly connection: KafkaConnection
  readonly plan: TopicPlan
  /** False where others make the topics. */
  readonly mayCreate: boolean
}

/**
 * Sees to it that the topic is there. No connection stays open: whoever looks at them from outside must not take waiting
 * for producing.
 * @throws with the command that creates it where that is not allowed, or with why the brokers cannot be asked
 */
export async function topicReady({ connection, plan, mayCreate }: WantedTopic): Promise<void> {
  const nodes = new Nodes(connection, REQUEST_TIMEOUT_MS)
  try {
    const { topic } = await new TopicView(nodes, plan.topic).refresh()
    if (topic !== undefined) return
  } finally {
    await nodes.close()
  }
  if (!mayCreate) throw new Error(`topic ${plan.topic} is missing; run: ${creationCommand(connection, plan)}`)
  const admin = kafkaClient(connection).admin()
  try {
    await admin.connect()
    await createTopic(admin, connection, plan)
  } finally {
    await admin.disconnect()
  }
}
