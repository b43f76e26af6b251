import type { Admin, Kafka } from 'kafkajs'
import type { KafkaLogOptions } from './kafka-options.ts'
import { identityOf, type TopicView } from './topic-view.ts'
import {
  cleanupPolicyOf,
  createTopic,
  creationCommand,
  deadLetterTopicPlan,
  snapshotTopicPlan,
  sourceTopicPlan,
  type TopicPlan,
} from './topics.ts'

/** A topic is such that numbers from it would be wrong; nothing but changing it helps. */
export class TopicsRefused extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'TopicsRefused'
  }
}

/** The three topics: there, created where that is allowed, and as they must be. */
export class TopicsReady {
  readonly #client: Kafka
  readonly #options: KafkaLogOptions
  readonly #views: Readonly<Record<'source' | 'snapshots' | 'letters', TopicView>>
  /** Identities of the topics whose policies were looked at and are fine. */
  #fine: string | undefined

  constructor(client: Kafka, options: KafkaLogOptions, views: Record<'source' | 'snapshots' | 'letters', TopicView>) {
    this.#client = client
    this.#options = options
    this.#views = views
  }

  /** @throws {TopicsRefused}, or what is missing with the command that mends it */
  async check(): Promise<void> {
    const views = Object.values(this.#views)
    const found = await Promise.all(views.map((view) => view.refresh()))
    const areThere = found.every(({ topic }) => topic !== undefined)
    if (areThere && this.#fine === (await this.#identities())) return
    const admin = this.#client.admin()
    await admin.connect()
    try {
      await this.#create(admin)
      await this.#checkPolicies(admin)
      this.#fine = await this.#identities()
    } finally {
      await admin.disconnect()
    }
  }

  /** Others when a topic was deleted and created anew, perhaps with another policy. */
  async #identities(): Promise<string> {
    const topics = await Promise.all(Object.values(this.#views).map((view) => view.current()))
    return topics.map(({ id }) => identityOf(id)).join()
  }

  async #create(admin: Admin): Promise<void> {
    const { topic, snapshotTopic, deadLetterTopic, createTopics } = this.#options
    const creation = createTopics ?? { partitions: 4, replication: -1, retentionMs: 7 * 86_400_000 }
    const { replication } = creation
    await this.#createIfMissing(admin, this.#views.source, sourceTopicPlan(topic, creation))
    const partitions = (await this.#views.source.current()).partitions.size
    await this.#createIfMissing(admin, this.#views.snapshots, snapshotTopicPlan(snapshotTopic, partitions, replication))
    await this.#createIfMissing(
      admin,
      this.#views.letters,
      deadLetterTopicPlan(deadLetterTopic, partitions, replication),
    )
  }

  async #createIfMissing(admin: Admin, view: TopicView, plan: TopicPlan): Promise<void> {
    const { connection, createTopics } = this.#options
    if ((await view.refresh()).topic !== undefined) return
    if (createTopics === undefined) {
      throw new Error(`topic ${plan.topic} is missing; run: ${creationCommand(connection, plan)}`)
    }
    await createTopic(admin, connection, plan)
    await view.refresh()
  }

  async #checkPolicies(admin: Admin): Promise<void> {
    const { topic, snapshotTopic } = this.#options
    if ((await cleanupPolicyOf(admin, topic))?.includes('compact')) {
      throw new TopicsRefused(
        `topic ${topic} is compacted (cleanup.policy): records vanish from it, and counters could not be rebuilt; set cleanup.policy=delete or name another topic`,
      )
    }
    const policy = await cleanupPolicyOf(admin, snapshotTopic)
    if (policy !== undefined && policy !== 'compact') {
      throw new TopicsRefused(
        `topic ${snapshotTopic} holds snapshots and has cleanup.policy=${policy}: they would be deleted while needed; set cleanup.policy=compact`,
      )
    }
  }
}
