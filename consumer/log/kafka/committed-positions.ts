import { CommitFailed, type Position } from '../../contract/log-port.ts'
import type { Broker } from './kafkajs-internals.ts'
import type { GroupAssignment } from './membership.ts'
import type { Nodes } from './nodes.ts'

/** Refused before anything was written: the position is what it was. */
const NOTHING_HAPPENED = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_LOAD_IN_PROGRESS',
  'OFFSET_METADATA_TOO_LARGE',
  'INVALID_COMMIT_OFFSET_SIZE',
  'INVALID_GROUP_ID',
  'GROUP_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
])

/** The broker no longer takes this assignment for the group's: somebody else may own the partitions. */
const FENCED = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'])

/** Positions that a group has committed, kept by its coordinator. */
export class CommittedPositions {
  readonly #nodes: Nodes
  readonly #group: string
  readonly #topic: string
  /** Asked to give the assignment up. */
  readonly #fence: (assignment: GroupAssignment) => void

  constructor(nodes: Nodes, group: string, topic: string, fence: (assignment: GroupAssignment) => void) {
    this.#nodes = nodes
    this.#group = group
    this.#topic = topic
    this.#fence = fence
  }

  async fetch(partitions: readonly number[]): Promise<Map<number, Position>> {
    const coordinator = await this.#nodes.coordinatorOf(this.#group)
    const topics = [{ topic: this.#topic, partitions: partitions.map((partition) => ({ partition })) }]
    const { responses } = await coordinator.offsetFetch({ groupId: this.#group, topics })
    const found = responses.find(({ topic }) => topic === this.#topic)?.partitions ?? []
    return new Map(
      found
        .filter(({ offset }) => Number(offset) >= 0)
        .map(({ partition, offset, metadata }) => [partition, { offset: Number(offset), metadata: metadata ?? '' }]),
    )
  }

  /** All under the assignment's generation. @throws {CommitFailed} */
  async commit(assignment: GroupAssignment, positions: ReadonlyMap<number, Position>): Promise<void> {
    if (assignment.lost.aborted) throw new CommitFailed('refused', new Error('the assignment is lost'))
    let coordinator: Broker
    try {
      coordinator = await this.#nodes.coordinatorOf(this.#group)
    } catch (error) {
      throw new CommitFailed('refused', error)
    }
    // Looked at again: whoever was fenced meanwhile must not even try.
    if (assignment.lost.aborted) throw new CommitFailed('refused', new Error('the assignment is lost'))
    const { generation, memberId } = assignment
    const partitions = [...positions].map(([partition, { offset, metadata }]) => ({
      partition,
      offset: String(offset),
      metadata,
    }))
    const topics = [{ topic: this.#topic, partitions }]
    try {
      await coordinator.offsetCommit({ groupId: this.#group, groupGenerationId: generation, memberId, topics })
    } catch (error) {
      const { type = '' } = error as { type?: string }
      this.#nodes.forgetCoordinator()
      const refused = NOTHING_HAPPENED.has(type)
      // A commit that may still be under way must not come after a later one: only another generation stops it.
      if (!refused || FENCED.has(type)) this.#fence(assignment)
      throw new CommitFailed(refused ? 'refused' : 'unknown', error)
    }
  }
}
