import type { Nodes } from './nodes.ts'
import { fetchTopicMetadata, type TopicMetadata } from './topic-metadata.ts'

/** A topic as the cluster last described it. */
export class TopicView {
  readonly topic: string
  readonly #nodes: Nodes
  #metadata: TopicMetadata | undefined
  #refreshing: Promise<TopicMetadata> | undefined

  constructor(nodes: Nodes, topic: string) {
    this.#nodes = nodes
    this.topic = topic
  }

  /** How many partitions it had when last asked for; undefined when it was not there. */
  get partitions(): number | undefined {
    return this.#metadata?.topic?.partitions.size
  }

  /** Asks the cluster anew; whoever asks meanwhile gets the same answer. */
  refresh(): Promise<TopicMetadata> {
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** The topic's id and partitions. @throws {TopicMissing} */
  async current(): Promise<NonNullable<TopicMetadata['topic']>> {
    // That it is missing is not taken for lasting: somebody may be creating it.
    const topic = this.#metadata?.topic ?? (await this.refresh()).topic
    if (topic === undefined) throw new TopicMissing(this.topic)
    return topic
  }

  /** Node id of the partition's leader. @throws when there is no such partition or no leader at the moment */
  async leaderOf(partition: number): Promise<number> {
    const leader = (await this.current()).partitions.get(partition)?.leader
    if (leader === undefined) throw new Error(`topic ${this.topic} has no partition ${partition}`)
    if (leader < 0) throw new Error(`partition ${partition} of topic ${this.topic} has no leader`)
    return leader
  }

  async #ask(): Promise<TopicMetadata> {
    const metadata = await fetchTopicMetadata(await this.#nodes.any(), this.topic)
    this.#nodes.learn(metadata.nodes)
    this.#metadata = metadata
    return metadata
  }
}

export class TopicMissing extends Error {
  constructor(topic: string) {
    super(`topic ${topic} does not exist`)
    this.name = 'TopicMissing'
  }
}

/** A topic's identity as short text; empty where brokers give topics none. */
export const identityOf = (id: Buffer | undefined): string => id?.toString('base64url') ?? ''
