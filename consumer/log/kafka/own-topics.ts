import type { Admin } from 'kafkajs'
import { failedWith, kafkaClient } from './kafka-client.ts'
import type { KafkaConnection } from './kafka-options.ts'
import { createTopic, deadLetterTopicPlan, snapshotTopicPlan, sourceTopicPlan, type TopicPlan } from './topics.ts'

export interface OwnTopicsOptions {
  readonly connection: KafkaConnection
  /** Names that nothing else has. */
  readonly topic: string
  readonly group: string
  readonly snapshotTopic: string
  readonly deadLetterTopic: string
  readonly partitions: number
  readonly topicReplication: number
  /** Told what could not be deleted, in words: nobody else would know whose it is. */
  readonly onLeft: (left: readonly string[]) => void
}

/** Should the end be missed, the topic's records go by themselves. */
const RETENTION_MS = 86_400_000
const NOT_THERE = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'GROUP_ID_NOT_FOUND'])

/**
 * Creates the topics of a group that is there for a while.
 * @returns what deletes the topics and the group
 * @throws naming the command to run where that is not allowed
 */
export async function createOwnTopics(options: OwnTopicsOptions): Promise<() => Promise<void>> {
  const {
    connection,
    topic,
    group,
    snapshotTopic,
    deadLetterTopic,
    partitions,
    topicReplication: replication,
  } = options
  // All are made here: one that a consumer was making when it was stopped could come after all are deleted.
  const plans = [
    sourceTopicPlan(topic, { partitions, replication, retentionMs: RETENTION_MS }),
    snapshotTopicPlan(snapshotTopic, partitions, replication),
    deadLetterTopicPlan(deadLetterTopic, partitions, replication),
  ]
  const admin = kafkaClient(connection).admin()
  const created: TopicPlan[] = []
  const remove = async (): Promise<void> => {
    const left: string[] = []
    for (const { topic: name } of created) {
      await admin.deleteTopics({ topics: [name] }).catch((error) => {
        if (!failedWith(error, NOT_THERE)) left.push(`topic ${name}`)
      })
    }
    if (created.length > 0) await deleteGroup(admin, group).catch(() => left.push(`group ${group}`))
    await admin.disconnect()
    if (left.length > 0) options.onLeft(left)
  }
  try {
    await admin.connect()
    for (const plan of plans) {
      await createTopic(admin, connection, plan)
      created.push(plan)
    }
  } catch (error) {
    await remove()
    throw error
  }
  return remove
}

/** A group that nobody joined is not there. */
async function deleteGroup(admin: Admin, group: string): Promise<void> {
  try {
    await admin.deleteGroups([group])
  } catch (error) {
    const { groups = [] } = error as { groups?: readonly { error?: unknown }[] }
    if (!groups.some(({ error: why }) => why !== undefined && failedWith(why, NOT_THERE))) throw error
  }
}
