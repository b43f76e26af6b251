import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignSticky, decodeOwnership, encodeOwnership } from '../../consumer/log/kafka/sticky-assignment.ts'
import { permutationsOf } from '../arbitraries.ts'
import {
  type Assignment,
  assignableSeats,
  bestOfAll,
  groups,
  holderOf,
  loadsOf,
  movedOf,
  newcomer,
  oldGroups,
  type Partitions,
  settled,
  smallGroups,
  squares,
  TOPICS,
} from './groups.ts'
import { runs } from './runs.ts'

describe('any group', () => {
  test('has every partition with a subscriber assigned exactly once, to a subscriber, in ascending order', () => {
    fc.assert(
      fc.property(groups(8, 40), (group) => {
        const assignment = assignSticky(group.members, group.partitionsOf)
        expect([...assignment.keys()].sort()).toStrictEqual(group.members.map(({ id }) => id).sort())
        const given: string[] = []
        for (const { id, topics } of group.members) {
          for (const [topic, partitions] of assignment.get(id)!) {
            expect(topics).toContain(topic)
            expect(partitions).toStrictEqual(partitions.toSorted((a, b) => a - b))
            given.push(...partitions.map((partition) => `${topic} ${partition}`))
          }
        }
        const due = assignableSeats(group).map(({ topic, partition }) => `${topic} ${partition}`)
        expect(given.sort()).toStrictEqual(due.sort())
      }),
      runs(1500),
    )
  })

  test('is as even as any division, with as few moves as any that is as even', () => {
    fc.assert(
      fc.property(fc.oneof(smallGroups, groups(4, 6)), (group) => {
        const seats = assignableSeats(group)
        const assignment = assignSticky(group.members, group.partitionsOf)
        const found = {
          squares: squares(loadsOf(assignment).values()),
          moves: movedOf(seats, assignment).length,
        }
        expect(found).toStrictEqual(bestOfAll(seats))
      }),
      runs(6000),
    )
  })

  test('has no partition whose move would make it more even, and counts within 1 for equal subscriptions', () => {
    fc.assert(
      fc.property(groups(12, 80), (group) => {
        const assignment = assignSticky(group.members, group.partitionsOf)
        const loads = loadsOf(assignment)
        for (const seat of assignableSeats(group)) {
          const held = loads.get(holderOf(assignment, seat)!)!
          for (const { id } of seat.eligible) expect(held - loads.get(id)!).toBeLessThanOrEqual(1)
        }
        const bySubscription = Map.groupBy(group.members, ({ topics }) => topics.join())
        for (const alike of bySubscription.values()) {
          const counts = alike.map(({ id }) => loads.get(id)!)
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        }
      }),
      runs(500),
    )
  })

  test('is divided alike in whatever order it is described, and however often a topic is named', () => {
    const described = groups(8, 30).chain(({ members, partitionsOf }) => {
      const shuffled = (lists: Partitions): fc.Arbitrary<Partitions> =>
        fc
          .tuple(permutationsOf([...lists]), fc.nat())
          .map(([entries, turn]) => new Map(entries.map(([key, list]) => [key, rotated(list, turn)])))
      const others = fc.tuple(
        ...members.map((member) =>
          fc

            .tuple(permutationsOf([...member.topics, ...member.topics]), shuffled(member.owned))
            .map(([topics, owned]) => ({ ...member, topics, owned })),
        ),
      )
      return fc.record({
        members: fc.constant(members),
        partitionsOf: fc.constant(partitionsOf),
        otherMembers: others.chain(permutationsOf),
        otherPartitions: shuffled(partitionsOf),
      })
    })
    fc.assert(
      fc.property(described, ({ members, partitionsOf, otherMembers, otherPartitions }) => {
        const plain = (assignment: Assignment): unknown => [...assignment].map(([id, byTopic]) => [id, [...byTopic]])
        expect(plain(assignSticky(otherMembers, otherPartitions))).toStrictEqual(
          plain(assignSticky(members, partitionsOf)),
        )
      }),
      runs(1000),
    )
  })

  test('moves nothing when nothing changed', () => {
    fc.assert(
      fc.property(groups(10, 60), ({ members, partitionsOf }) => {
        const assignment = assignSticky(members, partitionsOf)
        const again = assignSticky(settled(members, assignment, 3), partitionsOf)
        expect(again).toStrictEqual(assignment)
      }),
      runs(1000),
    )
  })
})

describe('a group with equal subscriptions', () => {
  test('moves no more than its own loads demand, whatever the claims', () => {
    fc.assert(
      fc.property(groups(15, 120), ({ members: drawn, partitionsOf }) => {
        const members = drawn.map((member) => ({ ...member, topics: TOPICS }))
        const seats = assignableSeats({ members, partitionsOf })
        const owned = members.map(({ id }) => seats.filter(({ owner }) => owner?.id === id).length)
        owned.sort((a, b) => b - a)
        const least = Math.floor(seats.length / members.length)
        const oneMore = seats.length % members.length
        const demanded = owned.reduce(
          (sum, count, rank) => sum + Math.max(0, count - least - (rank < oneMore ? 1 : 0)),
          0,
        )
        expect(movedOf(seats, assignSticky(members, partitionsOf))).toHaveLength(demanded)
      }),
      runs(500),
    )
  })

  test('moves nothing but the partitions of a member that leaves', () => {
    fc.assert(
      fc.property(oldGroups, fc.nat(), ({ members, partitionsOf }, which) => {
        const leaver = members[which % members.length]!
        const stayers = members.filter((member) => member !== leaver)
        const seats = assignableSeats({ members: stayers, partitionsOf })
        expect(movedOf(seats, assignSticky(stayers, partitionsOf))).toStrictEqual([])
      }),
      runs(500),
    )
  })

  test('moves a share to a member that joins, and nothing else', () => {
    fc.assert(
      fc.property(oldGroups, fc.constantFrom('a first', 'n middle', 'z last'), ({ members, partitionsOf }, id) => {
        const joined = [...members, newcomer(id)]
        const seats = assignableSeats({ members: joined, partitionsOf })
        const assignment = assignSticky(joined, partitionsOf)
        const moved = movedOf(seats, assignment)
        expect(moved.length).toBeLessThanOrEqual(Math.ceil(seats.length / joined.length))
        expect(moved.every((seat) => holderOf(assignment, seat) === id)).toBe(true)
      }),
      runs(500),
    )
  })

  test('takes a member that was fenced off back as one that owns nothing', () => {
    fc.assert(
      fc.property(oldGroups, fc.nat(), ({ members, partitionsOf, generation }, which) => {
        const fenced = members[which % members.length]!
        const others = members.filter((member) => member !== fenced)
        fc.pre(others.length > 0)
        const meanwhile = settled(others, assignSticky(others, partitionsOf), generation + 1)
        expect(assignSticky([fenced, ...meanwhile], partitionsOf)).toStrictEqual(
          assignSticky([newcomer(fenced.id), ...meanwhile], partitionsOf),
        )
      }),
      runs(500),
    )
  })
})

describe('what a member tells the leader', () => {
  const int32 = { max: 0x7fffffff }
  const ownerships = fc.tuple(
    fc
      .array(fc.tuple(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0, ...int32 }))))
      .map((entries) => new Map(entries)),
    fc.integer({ min: -1, ...int32 }),
  )

  test('is read back as it was', () => {
    fc.assert(
      fc.property(ownerships, ([owned, generation]) => {
        expect(decodeOwnership(encodeOwnership(owned, generation))).toStrictEqual({ owned, generation })
      }),
      runs(1000),
    )
  })

  test('is a sound ownership or nothing once bytes of it are damaged, and never throws', () => {
    const damage = fc.array(
      fc.tuple(fc.nat(), fc.oneof(fc.integer({ max: 255, min: 0 }), fc.constantFrom(...Buffer.from('[]{}",-.0e1')))),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    fc.assert(
      fc.property(ownerships, damage, fc.nat({ max: 40 }), ([owned, generation], damages, cut) => {
        const bytes = encodeOwnership(owned, generation)
        for (const [at, byte] of damages) bytes[at % bytes.length] = byte
        for (const damaged of [bytes, bytes.subarray(cut)]) {
          const read = decodeOwnership(damaged)
          if (read === undefined) continue
          expect([...read.owned.keys()].every((topic) => typeof topic === 'string')).toBe(true)
          const numbers = [read.generation, ...[...read.owned.values()].flat()]
          expect(numbers.every((number) => Number.isInteger(number) && number >= -1 && number <= int32.max)).toBe(true)
        }
      }),
      runs(3000),
    )
  })
})

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
