import fc from 'fast-check'
import { assignSticky, type GroupMember } from '../../consumer/log/kafka/sticky-assignment.ts'

export type Partitions = ReadonlyMap<string, readonly number[]>
export type Assignment = ReturnType<typeof assignSticky>
interface Group {
  readonly members: readonly GroupMember[]
  readonly partitionsOf: Partitions
}
interface Seat {
  readonly topic: string
  readonly partition: number
  readonly eligible: readonly GroupMember[]
  readonly owner: GroupMember | undefined
}

export const TOPICS = ['clicks', 'orders', 'views']

/** Any subscriptions; claims by several members, to what is not there or not theirs to read, with repetitions. */
export function groups(mostMembers: number, mostPartitions: number): fc.Arbitrary<Group> {
  const partition = fc.integer({ min: 0, max: mostPartitions })
  const topics = fc.subarray(TOPICS)
  const member = fc.record({
    id: fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'Z', 'é'), maxLength: 4 }),
    topics: fc.oneof(topics, fc.constant(TOPICS)),
    owned: fc
      .array(fc.tuple(fc.constantFrom(...TOPICS, 'gone'), fc.array(partition, { maxLength: mostPartitions * 2 })))
      .map((claims) => new Map(claims)),
    generation: fc.integer({ min: -1, max: 2 }),
  })
  return fc.record({
    members: fc.uniqueArray(member, { selector: ({ id }) => id, maxLength: mostMembers, size: 'max' }),
    partitionsOf: fc
      .array(fc.tuple(fc.constantFrom(...TOPICS), partition), { size: 'max', maxLength: mostPartitions })
      .map((seats) => new Map(TOPICS.map((topic) => [topic, seats.filter(([of]) => of === topic).map(([, p]) => p)]))),
  })
}

/** A few members and partitions, so that every division can be tried; owners anywhere among those who may own. */
export const smallGroups: fc.Arbitrary<Group> = fc
  .record({
    subscriptions: fc.array(fc.subarray(TOPICS, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 4 }),
    counts: fc.tuple(...TOPICS.map(() => fc.nat({ max: 3 }))),
    owners: fc.array(fc.option(fc.nat({ max: 3 }), { freq: 4 }), { minLength: 9, maxLength: 9 }),
  })
  .map(({ subscriptions, counts, owners }) => ({
    members: subscriptions.map((topics, index) => ({
      id: `m${index}`,
      topics,
      owned: new Map(
        TOPICS.map((topic, of) => [topic, [0, 1, 2].filter((partition) => owners[of * 3 + partition] === index)]),
      ),
      generation: 1,
    })),
    partitionsOf: new Map(TOPICS.map((topic, of) => [topic, [0, 1, 2].slice(0, counts[of])])),
  }))

const clicks = (count: number): Partitions => new Map([['clicks', Array.from({ length: count }, (_, index) => index)]])

export const newcomer = (id: string): GroupMember => ({
  id,
  topics: ['clicks'],
  owned: new Map(),
  generation: -1,
})

/** The members as they come to the next rebalance: owning what they were assigned. */
export const settled = (members: readonly GroupMember[], assignment: Assignment, generation: number): GroupMember[] =>
  members.map((member) => ({ ...member, owned: assignment.get(member.id)!, generation }))

/** One topic's group after members have come and gone: even, but with ownership scattered by its history. */
export const oldGroups = fc
  .record({
    count: fc.nat({ max: 150 }),
    ids: fc.uniqueArray(fc.nat({ max: 99 }), { minLength: 1, maxLength: 25, size: 'max' }),
    changes: fc.array(fc.nat(), { maxLength: 12, size: 'max' }),
  })
  .map(({ count, ids, changes }): { members: GroupMember[]; partitionsOf: Partitions; generation: number } => {
    const partitionsOf = clicks(count)
    let members = ids.map((id) => newcomer(`m${id}`))
    for (const [generation, change] of [0, ...changes].entries()) {
      if (change % 2 === 1 && members.length > 1) members.splice(change % members.length, 1)
      else if (change > 0) members.push(newcomer(`later${generation}`))
      members = settled(members, assignSticky(members, partitionsOf), generation)
    }
    return { members, partitionsOf, generation: changes.length }
  })

/** Every partition somebody may read, with its rightful owner. */
export function assignableSeats({ members, partitionsOf }: Group): Seat[] {
  const seats = [...partitionsOf].flatMap(([topic, partitions]) => {
    const eligible = members.filter(({ topics }) => topics.includes(topic))
    return [...new Set(partitions)].map((partition) => {
      const [owner] = eligible
        .filter(({ owned }) => owned.get(topic)?.includes(partition))
        .sort((a, b) => b.generation - a.generation || (a.id < b.id ? -1 : 1))
      return { topic, partition, eligible, owner }
    })
  })
  return seats.filter(({ eligible }) => eligible.length > 0)
}

export const holderOf = (assignment: Assignment, { topic, partition }: Seat): string | undefined =>
  [...assignment].find(([, byTopic]) => byTopic.get(topic)?.includes(partition))?.[0]

export const movedOf = (seats: readonly Seat[], assignment: Assignment): Seat[] =>
  seats.filter((seat) => seat.owner !== undefined && seat.owner.id !== holderOf(assignment, seat))

export const loadsOf = (assignment: Assignment): Map<string, number> =>
  new Map([...assignment].map(([id, byTopic]) => [id, [...byTopic.values()].flat().length]))

export const squares = (loads: Iterable<number>): number => [...loads].reduce((sum, load) => sum + load * load, 0)

/** The least sum of squares, and the fewest moves with it, by trying every division there is. */
export function bestOfAll(seats: readonly Seat[]): { squares: number; moves: number } {
  const loads = new Map<string, number>()
  let best = { squares: Number.POSITIVE_INFINITY, moves: 0 }
  const seat = (at: number, moves: number): void => {
    if (at === seats.length) {
      const found = { squares: squares(loads.values()), moves }
      if (found.squares < best.squares || (found.squares === best.squares && moves < best.moves)) best = found
      return
    }
    const { eligible, owner } = seats[at]!
    for (const { id } of eligible) {
      loads.set(id, (loads.get(id) ?? 0) + 1)
      seat(at + 1, owner === undefined || owner.id === id ? moves : moves + 1)
      loads.set(id, loads.get(id)! - 1)
    }
  }
  seat(0, 0)
  return best
}
