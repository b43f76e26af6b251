import { randomBytes } from 'node:crypto'
import type { Admin } from 'kafkajs'
import { failedWith, kafkaClient } from '../../consumer/log/kafka/kafka-client.ts'
import type { KafkaConnection } from '../../consumer/log/kafka/kafka-options.ts'
import {
  createTopic,
  deadLetterTopicPlan,
  snapshotTopicPlan,
  sourceTopicPlan,
  type TopicPlan,
} from '../../consumer/log/kafka/topics.ts'
import { topicsBeside } from '../../consumer/settings/kafka-settings.ts'

export interface OwnTopics {
  readonly topic: string
  readonly group: string
  readonly snapshotTopic: string
  readonly deadLetterTopic: string
  /** Deletes the topics and the group. What cannot be deleted is said: nobody else would know what it is. */
  remove(): Promise<void>
}

export interface OwnTopicsOptions {
  readonly connection: KafkaConnection
  readonly partitions: number
  readonly topicReplication: number
}

/** Should the end be missed, the topic's records go by themselves. */
const RETENTION_MS = 86_400_000
const NOT_THERE = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'GROUP_ID_NOT_FOUND'])

/** Creates topics under names that nothing else has. @throws naming the command to run where that is not allowed */
export async function createOwnTopics(options: OwnTopicsOptions): Promise<OwnTopics> {
  const { connection, partitions, topicReplication: replication } = options
  const topic = `verify-${randomBytes(6).toString('hex')}`
  const group = topic
  const beside = topicsBeside({ topic, group, snapshotTopic: undefined, deadLetterTopic: undefined })
  // All are made here: one that a consumer was making when it was stopped could come after all are deleted.
  const plans = [
    sourceTopicPlan(topic, { partitions, replication, retentionMs: RETENTION_MS }),
    snapshotTopicPlan(beside.snapshotTopic, partitions, replication),
    deadLetterTopicPlan(beside.deadLetterTopic, partitions, replication),
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
    if (left.length > 0) process.stderr.write(`verify: could not delete ${left.join(', ')}; delete them by hand\n`)
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
  return { topic, group, ...beside, remove }
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
