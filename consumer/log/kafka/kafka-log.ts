import type { Producer } from 'kafkajs'
import type {
  Assignment,
  DeadLetter,
  LogBounds,
  PartitionedLog,
  Position,
  RecordBatch,
} from '../../contract/log-port.ts'
import { CommittedPositions } from './committed-positions.ts'
import { DeadLetterTopic } from './dead-letter-topic.ts'
import { Fetcher } from './fetcher.ts'
import { failedWith, kafkaClient } from './kafka-client.ts'
import type { KafkaLogOptions } from './kafka-options.ts'
import { type GroupAssignment, Membership } from './membership.ts'
import { Nodes } from './nodes.ts'
import { SnapshotTopic } from './snapshot-topic.ts'
import { offsetAtTime, topicBounds } from './topic-access.ts'
import { TopicMissing, TopicView } from './topic-view.ts'
import { TopicsReady, TopicsRefused } from './topics-ready.ts'

/** After this long a commit's outcome counts as unknown. */
const COMMIT_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
/** The topic was deleted, or somebody is just making it again. */
const TOPIC_IS_GONE = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'])

/** A topic of Apache Kafka, followed by the members of a consumer group. */
export class KafkaLog implements PartitionedLog {
  readonly topic: string
  readonly group: string
  readonly #options: KafkaLogOptions
  /** For positions alone: nothing may hold up a commit. */
  readonly #commitNodes: Nodes
  readonly #dataNodes: Nodes
  /** For snapshots: a fetch that waits for new records holds up nothing here. */
  readonly #snapshotNodes: Nodes
  readonly #source: TopicView
  readonly #fetcher: Fetcher
  readonly #positions: CommittedPositions
  readonly #producer: Producer
  readonly #snapshots: SnapshotTopic
  readonly #deadLetters: DeadLetterTopic
  readonly #ready: TopicsReady
  #producing: Promise<void> | undefined
  #onRefused: ((why: Error) => void) | undefined
  #membership: Membership | undefined
  #trouble: string | undefined = 'the consumer group is not joined yet'

  constructor(options: KafkaLogOptions) {
    const { connection, topic, group, compression } = options
    this.#options = options
    this.topic = topic
    this.group = group
    this.#commitNodes = new Nodes(connection, COMMIT_TIMEOUT_MS)
    this.#dataNodes = new Nodes(connection, REQUEST_TIMEOUT_MS)
    this.#snapshotNodes = new Nodes(connection, REQUEST_TIMEOUT_MS)
    this.#source = new TopicView(this.#dataNodes, topic)
    const snapshotView = new TopicView(this.#snapshotNodes, options.snapshotTopic)
    const letterView = new TopicView(this.#snapshotNodes, options.deadLetterTopic)
    this.#fetcher = new Fetcher({
      nodes: this.#dataNodes,
      view: this.#source,
      partitionBytes: options.fetchBytes,
      waitMs: options.fetchWaitMs,
      bounds: (partition) => this.bounds(partition),
    })
    this.#positions = new CommittedPositions(this.#commitNodes, group, topic, (assignment) =>
      this.#membership?.rejoin(assignment),
    )
    const client = kafkaClient(connection)
    this.#producer = client.producer({
      allowAutoTopicCreation: false,
      // Records for a partition that kafkajs has not heard of would be left out without a word.
      createPartitioner:
        () =>
        ({ message, partitionMetadata }) =>
          message.partition! % partitionMetadata.length,
    })
    this.#snapshots = new SnapshotTopic(this.#snapshotNodes, snapshotView, this.#producer, topic)
    this.#deadLetters = new DeadLetterTopic(options.deadLetterTopic, this.#producer, topic, compression)
    this.#ready = new TopicsReady(client, options, {
      source: this.#source,
      snapshots: snapshotView,
      letters: letterView,
    })
  }

  get topicPartitions(): number | undefined {
    return this.#source.partitions
  }

  get waitingFor(): string | undefined {
    return this.#trouble
  }

  async join(onAssigned: (assignment: Assignment) => void, onRefused: (why: Error) => void): Promise<void> {
    this.#onRefused = onRefused
    const prepared = () => this.#prepared()
    this.#membership = new Membership(this.#options, this.#commitNodes, this.#source, prepared, {
      onAssigned: (assignment) => {
        this.#fetcher.keepOnly(assignment.partitions)
        onAssigned(assignment)
      },
      onTrouble: (why) => {
        this.#trouble = why
      },
    })
    this.#membership.start()
  }

  positions(assignment: Assignment): Promise<ReadonlyMap<number, Position>> {
    return this.#positions.fetch(assignment.partitions)
  }

  commit(assignment: Assignment, positions: ReadonlyMap<number, Position>): Promise<void> {
    return this.#positions.commit(assignment as GroupAssignment, positions)
  }

  bounds(partition: number): Promise<LogBounds> {
    return topicBounds(this.#dataNodes, this.#source, partition)
  }

  async firstOffset(partition: number): Promise<number> {
    const { startFrom } = this.#options
    const { startOffset, endOffset } = await this.bounds(partition)
    if (startFrom === 'earliest') return startOffset
    if (startFrom === 'latest') return endOffset
    return (await offsetAtTime(this.#dataNodes, this.#source, partition, startFrom)) ?? endOffset
  }

  read(partition: number, fromOffset: number, signal: AbortSignal): Promise<RecordBatch> {
    return this.#fetcher.read(partition, fromOffset, signal)
  }

  async writeSnapshot(partition: number, chunks: readonly Uint8Array[]): Promise<string> {
    return this.#written(() => this.#snapshots.write(partition, chunks))
  }

  readSnapshot(partition: number, pointer: string): Promise<readonly Uint8Array[] | undefined> {
    return this.#snapshots.read(partition, pointer)
  }

  async dropSnapshotsExcept(partition: number, pointer: string): Promise<void> {
    await this.#written(() => this.#snapshots.dropAllBut(partition, pointer))
  }

  async writeDeadLetters(letters: readonly DeadLetter[]): Promise<void> {
    await this.#written(() => this.#deadLetters.write(letters))
  }

  async leave(): Promise<void> {
    this.#fetcher.close()
    await this.#membership?.leave()
    await Promise.allSettled([
      this.#producer.disconnect(),
      this.#commitNodes.close(),
      this.#dataNodes.close(),
      this.#snapshotNodes.close(),
    ])
  }

  /** The topics are there and as they must be. */
  async #prepared(): Promise<void> {
    try {
      await this.#ready.check()
    } catch (error) {
      if (error instanceof TopicsRefused) this.#onRefused?.(error)
      throw error
    }
  }

  /** Once more where the topic was deleted meanwhile: it is created again, or the command is named that does so. */
  async #written<Result>(write: () => Promise<Result>): Promise<Result> {
    await this.#produces()
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof TopicMissing) && !failedWith(error, TOPIC_IS_GONE)) throw error
      await this.#prepared()
      return write()
    }
  }

  #produces(): Promise<void> {
    this.#producing ??= this.#producer.connect().catch((error) => {
      this.#producing = undefined
      throw error
    })
    return this.#producing
  }
}
