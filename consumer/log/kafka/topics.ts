import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs'
import type { KafkaConnection, TopicCreation } from './kafka-options.ts'

const DAY_MS = 86_400_000

/** A topic as it is created when it is missing, and as the command says it that creates it by hand. */
export interface TopicPlan {
  readonly topic: string
  readonly partitions: number
  readonly replication: number
  readonly configs: Readonly<Record<string, string>>
}

/** Append time: what the broker says is when a record came, not what a client's clock says. */
export const sourceTopicPlan = (topic: string, { partitions, replication, retentionMs }: TopicCreation): TopicPlan => ({
  topic,
  partitions,
  replication,
  configs: { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': String(retentionMs) },
})

/** As many partitions as the source has: a partition's snapshots then lie among no others. */
export const snapshotTopicPlan = (topic: string, partitions: number, replication: number): TopicPlan => ({
  topic,
  partitions,
  replication,
  configs: {
    'cleanup.policy': 'compact',
    'segment.bytes': String(64 * 1024 * 1024),
    'min.cleanable.dirty.ratio': '0.2',
  },
})

export const deadLetterTopicPlan = (topic: string, partitions: number, replication: number): TopicPlan => ({
  topic,
  partitions,
  replication,
  configs: { 'retention.ms': String(30 * DAY_MS) },
})

/** What to run where the topic may not be created from here. */
export function creationCommand({ brokers }: KafkaConnection, plan: TopicPlan): string {
  const { topic, partitions, replication, configs } = plan
  const replicas = replication > 0 ? ` --replication-factor ${replication}` : ''
  const settings = Object.entries(configs).map(([name, value]) => ` --config ${name}=${value}`)
  return `kafka-topics.sh --bootstrap-server ${brokers[0]} --create --topic ${topic} --partitions ${partitions}${replicas}${settings.join('')}`
}

/** @throws naming the command to run instead when the broker does not allow it */
export async function createTopic(admin: Admin, connection: KafkaConnection, plan: TopicPlan): Promise<void> {
  const { topic, partitions, replication, configs } = plan
  const entry: ITopicConfig = {
    topic,
    numPartitions: partitions,
    replicationFactor: replication,
    configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }
  try {
    // False when it is there already: another instance was faster.
    await admin.createTopics({ topics: [entry], waitForLeaders: true, timeout: 10_000 })
  } catch (error) {
    const causes = (error as { errors?: Error[] }).errors ?? [error as Error]
    const why = causes.map(({ message }) => message).join(', ')
    throw new Error(
      `topic ${topic} is missing and cannot be created (${why}); run: ${creationCommand(connection, plan)}`,
    )
  }
}

/** The topic's cleanup policy; undefined where this client may not ask. */
export async function cleanupPolicyOf(admin: Admin, topic: string): Promise<string | undefined> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] }],
    })
    return resources[0]?.configEntries.find(({ configName }) => configName === 'cleanup.policy')?.configValue
  } catch (error) {
    if (String((error as { type?: string }).type).endsWith('AUTHORIZATION_FAILED')) return undefined
    throw error
  }
}
