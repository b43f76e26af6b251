import { divideEvenly } from './fewest-moves.ts'

export interface GroupMember {
  /** Distinct within the group. */
  readonly id: string
  /** What it subscribes to; members of one group may differ. */
  readonly topics: readonly string[]
  /** What it says it owned, by topic. */
  readonly owned: ReadonlyMap<string, readonly number[]>
  /** Of the assignment that `owned` comes from; -1 for none. */
  readonly generation: number
}

interface Slot {
  readonly topic: string
  readonly partition: number
  /** Index of the member; undefined when nobody may keep it. */
  readonly owner: number | undefined
}

/** Topics with the same subscribers: for evenness it does not matter which of their partitions a member holds. */
interface SlotPool {
  readonly members: readonly number[]
  readonly slots: readonly Slot[]
}

/**
 * Member id -> topic -> partitions, ascending. Every partition of every topic with at least one subscriber is assigned
 * exactly once, to a subscriber. The order of members, topics and partitions given makes no difference.
 *
 * A partition that moves has its state rebuilt from a snapshot, so as few move as an even division allows; what even
 * means, also where subscriptions differ, is said and proven at {@link divideEvenly}. With equal subscriptions, a
 * member that leaves moves its own partitions alone, and one that joins gets its share and moves nothing else.
 */
export function assignSticky(
  members: readonly GroupMember[],
  partitionsOf: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> {
  const inOrder = members.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const pools = slotPools(inOrder, partitionsOf)
  const shares = divideEvenly(
    inOrder.length,
    pools.map(({ members, slots }) => {
      const owned = new Int32Array(inOrder.length)
      for (const { owner } of slots) if (owner !== undefined) owned[owner]!++
      return { members, owned, unowned: slots.filter(({ owner }) => owner === undefined).length }
    }),
  )
  const assigned = inOrder.map(() => new Map<string, number[]>())
  for (const [index, { slots }] of pools.entries()) {
    const holders = handOut(slots, shares[index]!)
    for (const [at, { topic, partition }] of slots.entries()) listOf(assigned[holders[at]!]!, topic).push(partition)
  }
  return new Map(inOrder.map(({ id }, index) => [id, assigned[index]!]))
}

function slotPools(members: readonly GroupMember[], partitionsOf: ReadonlyMap<string, readonly number[]>): SlotPool[] {
  const pools = new Map<string, { members: readonly number[]; slots: Slot[] }>()
  const subscribersOf = new Map<string, number[]>()
  for (const [index, { topics }] of members.entries()) {
    for (const topic of new Set(topics)) listOf(subscribersOf, topic).push(index)
  }
  for (const topic of [...partitionsOf.keys()].sort()) {
    const subscribers = subscribersOf.get(topic)
    if (subscribers === undefined) continue
    const owners = newestClaims(topic, subscribers, members)
    const key = subscribers.join()
    const pool = pools.get(key) ?? { members: subscribers, slots: [] }
    pools.set(key, pool)
    for (const partition of [...new Set(partitionsOf.get(topic))].sort((a, b) => a - b)) {
      pool.slots.push({ topic, partition, owner: owners.get(partition) })
    }
  }
  return [...pools.values()]
}

/**
 * Who owns which partition of the topic. Of several claims the newest generation's stands: a member that stalled and
 * was fenced off comes back with claims to what others own by now. Of the same generation, the lowest id's stands.
 */
function newestClaims(
  topic: string,
  subscribers: readonly number[],
  members: readonly GroupMember[],
): ReadonlyMap<number, number> {
  const owners = new Map<number, number>()
  for (const index of subscribers) {
    const { owned, generation } = members[index]!
    for (const partition of owned.get(topic) ?? []) {
      const rival = owners.get(partition)
      if (rival === undefined || generation > members[rival]!.generation) owners.set(partition, index)
    }
  }
  return owners
}

/**
 * The member each slot goes to: owners keep their first ones up to their share, and what is left goes round the members
 * with room, so that new members get partitions of every topic.
 */
function handOut(slots: readonly Slot[], share: Int32Array): readonly number[] {
  const room = share.slice()
  const holders = slots.map(({ owner }) => {
    if (owner === undefined || room[owner] === 0) return undefined
    room[owner]!--
    return owner
  })
  let next = 0
  return holders.map((holder) => {
    if (holder !== undefined) return holder
    while (room[next % room.length] === 0) next++
    const taker = next++ % room.length
    room[taker]!--
    return taker
  })
}

function listOf<Item>(lists: Map<string, Item[]>, key: string): Item[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}

const VERSION = 1
const MOST_BYTES = 1024 * 1024
const MOST_TOPICS = 10_000
const MOST_PARTITIONS = 100_000
const MOST_INT32 = 0x7fffffff

/** What a member tells the leader about itself, as bytes for the protocol's user data. */
export function encodeOwnership(owned: ReadonlyMap<string, readonly number[]>, generation: number): Buffer {
  return Buffer.from(JSON.stringify({ v: VERSION, generation, owned: [...owned] }))
}

/**
 * The ownership, or undefined for bytes that are none of ours or that claim more than any member can hold: whoever may
 * join the group may send anything. The member then counts as new, and its partitions may move.
 */
export function decodeOwnership(
  bytes: Uint8Array | null,
): { owned: ReadonlyMap<string, readonly number[]>; generation: number } | undefined {
  if (bytes === null || bytes.length > MOST_BYTES) return undefined
  try {
    const { v, generation, owned } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (v !== VERSION || !isInt32(generation, -1) || !Array.isArray(owned) || owned.length > MOST_TOPICS) {
      return undefined
    }
    const byTopic = new Map<string, readonly number[]>()
    let left = MOST_PARTITIONS
    for (const [topic, partitions] of owned) {
      if (typeof topic !== 'string' || byTopic.has(topic) || !Array.isArray(partitions)) return undefined
      left -= partitions.length
      if (left < 0 || !partitions.every((partition) => isInt32(partition, 0))) return undefined
      byTopic.set(topic, partitions)
    }
    return { owned: byTopic, generation }
  } catch {
    return undefined
  }
}

const isInt32 = (value: unknown, least: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= MOST_INT32
