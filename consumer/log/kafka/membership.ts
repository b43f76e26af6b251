import { setTimeout as sleep } from 'node:timers/promises'
import type { Assignment } from '../../contract/log-port.ts'
import type { KafkaLogOptions } from './kafka-options.ts'
import { type GroupMembership, type JoiningMember, newGroupMembership } from './kafkajs-internals.ts'
import type { Nodes } from './nodes.ts'
import { assignSticky, decodeOwnership, encodeOwnership } from './sticky-assignment.ts'
import { TopicView } from './topic-view.ts'

/** An assignment with what the group knows it by: commits carry both, and a broker refuses those of an older one. */
export interface GroupAssignment extends Assignment {
  readonly generation: number
  readonly memberId: string
}

export interface MembershipEvents {
  readonly onAssigned: (assignment: GroupAssignment) => void
  /** Why there is no membership at the moment; undefined once there is. */
  readonly onTrouble: (why: string | undefined) => void
}

const PROTOCOL = 'clickstream-sticky'
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5_000
/** kafkajs leaves a heartbeat out while the clock shows less than this after the last: for hours where it was set back. */
const ALWAYS = Number.NEGATIVE_INFINITY
/** How often it is looked whether the topic has more partitions now. */
const PARTITIONS_CHECK_MS = 10_000

/** Member of a consumer group: joins, keeps the membership by heartbeats, joins again when the group changes. */
export class Membership {
  readonly #options: KafkaLogOptions
  readonly #nodes: Nodes
  readonly #view: TopicView
  readonly #prepare: () => Promise<void>
  readonly #events: MembershipEvents
  readonly #group: GroupMembership
  #current: { assignment: GroupAssignment; lost: AbortController; partitionsOfTopic: number } | undefined
  #wake = new AbortController()
  #joinAgain = false
  #stopping = false

  /** @param prepare is awaited before every join: the topics are there and as they must be */
  constructor(
    options: KafkaLogOptions,
    nodes: Nodes,
    view: TopicView,
    prepare: () => Promise<void>,
    events: MembershipEvents,
  ) {
    this.#options = options
    this.#nodes = nodes
    this.#view = view
    this.#prepare = prepare
    this.#events = events
    this.#group = newGroupMembership({
      ...options,
      protocol: PROTOCOL,
      userData: () => this.#ownership(),
      assign: (members) => this.#assign(members),
    })
  }

  /** Begins; ends only by {@link leave}. */
  start(): void {
    this.#run()
  }

  /**
   * Gives the assignment up and joins again. Needed when somebody else may own the partitions, and when nobody knows
   * whether a commit happened: under the next generation the old one's commits come too late.
   */
  rejoin(assignment: Assignment): void {
    if (this.#current?.assignment !== assignment) return
    this.#current.lost.abort()
    this.#joinAgain = true
    this.#wake.abort()
  }

  async leave(): Promise<void> {
    this.#stopping = true
    this.#current?.lost.abort()
    this.#wake.abort()
    const { memberId } = this.#group
    if (memberId !== null) {
      // Not over the membership's own connection, where a join may be waiting for the others.
      await this.#nodes.leaveGroup(this.#options.group, memberId).catch(() => undefined)
    }
    this.#group.cluster.disconnect().catch(() => undefined)
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!this.#stopping) {
      try {
        await this.#prepare()
        await this.#group.connect()
        this.#joinAgain = false
        await this.#group.joinAndSync()
        if (this.#stopping) return
        await this.#announce()
        this.#events.onTrouble(undefined)
        retryMs = FIRST_RETRY_MS
        await this.#stay()
      } catch (error) {
        if (this.#stopping) return
        this.#events.onTrouble(error instanceof Error ? error.message : String(error))
        await this.#pause(retryMs)
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
      }
    }
  }

  async #announce(): Promise<void> {
    const { topic } = this.#options
    const { generationId, memberId } = this.#group
    const partitions = this.#group.assigned().find((share) => share.topic === topic)?.partitions ?? []
    const partitionsOfTopic = (await this.#view.current()).partitions.size
    const lost = new AbortController()
    const assignment: GroupAssignment = {
      partitions: [...partitions].sort((a, b) => a - b),
      lost: lost.signal,
      generation: generationId!,
      memberId: memberId!,
    }
    this.#current?.lost.abort()
    this.#current = { assignment, lost, partitionsOfTopic }
    this.#events.onAssigned(assignment)
  }

  /** Heartbeats until the group has to be joined again. What fails otherwise is tried again: the session may hold. */
  async #stay(): Promise<void> {
    const everyMs = Math.min(Math.max(this.#options.sessionTimeoutMs / 10, 300), 3_000)
    let partitionsCheckedAtMs = performance.now()
    while (!this.#stopping && !this.#joinAgain) {
      await this.#pause(everyMs)
      if (this.#stopping || this.#joinAgain) return
      try {
        await this.#group.heartbeat({ interval: ALWAYS })
        this.#events.onTrouble(undefined)
      } catch (error) {
        const { type, message } = error as { type?: string; message: string }
        if (type === 'REBALANCE_IN_PROGRESS') return
        if (type === 'ILLEGAL_GENERATION' || type === 'UNKNOWN_MEMBER_ID' || type === 'FENCED_INSTANCE_ID') {
          this.#current?.lost.abort()
          return
        }
        this.#events.onTrouble(`the group's coordinator does not answer: ${message}`)
        await this.#findCoordinator()
      }
      if (performance.now() - partitionsCheckedAtMs < PARTITIONS_CHECK_MS) continue
      partitionsCheckedAtMs = performance.now()
      if (await this.#partitionsChanged()) return
    }
  }

  async #findCoordinator(): Promise<void> {
    try {
      this.#group.coordinator = await this.#group.cluster.findGroupCoordinator({ groupId: this.#options.group })
    } catch {
      // The next heartbeat fails again and says why.
    }
  }

  /** Only the leader's joining makes the group divide the partitions anew. */
  async #partitionsChanged(): Promise<boolean> {
    if (!this.#group.isLeader()) return false
    const { topic } = await this.#view.refresh().catch(() => ({ topic: undefined }))
    const partitions = topic?.partitions.size ?? 0
    return partitions > 0 && partitions !== this.#current?.partitionsOfTopic
  }

  #ownership(): Buffer {
    const { assignment } = this.#current ?? {}
    // Other bytes at every join: without a change a broker may let a member in under its old generation.
    const owned = assignment === undefined ? [] : [[this.#options.topic, assignment.partitions] as const]
    return encodeOwnership(new Map(owned), assignment?.generation ?? -1)
  }

  async #assign(joining: readonly JoiningMember[]): Promise<ReturnType<typeof assignSticky>> {
    const members = joining.map(({ memberId, topics, userData }) => {
      const { owned, generation } = decodeOwnership(userData) ?? { owned: new Map(), generation: -1 }
      return { id: memberId, topics, owned, generation }
    })
    const partitionsOf = new Map<string, readonly number[]>()
    for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
      const view = topic === this.#options.topic ? this.#view : new TopicView(this.#nodes, topic)
      const { topic: found } = await view.refresh()
      partitionsOf.set(topic, [...(found?.partitions.keys() ?? [])])
    }
    return assignSticky(members, partitionsOf)
  }

  async #pause(ms: number): Promise<void> {
    if (this.#wake.signal.aborted) this.#wake = new AbortController()
    if (this.#stopping || this.#joinAgain) return
    await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined)
  }
}
