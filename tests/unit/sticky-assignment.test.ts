import { describe, expect, test } from 'vitest'
import {
  assignSticky,
  decodeOwnership,
  encodeOwnership,
  type GroupMember,
} from '../../consumer/log/kafka/sticky-assignment.ts'

type Owned = Readonly<Record<string, readonly number[]>>

const partitions = (counts: Readonly<Record<string, number>>): ReadonlyMap<string, readonly number[]> =>
  new Map(Object.entries(counts).map(([topic, count]) => [topic, Array.from({ length: count }, (_, index) => index)]))

/** Of generation 1 unless said; subscribed to `clicks` alone unless said. */
const member = (
  id: string,
  owned: Owned = {},
  { topics = ['clicks'], generation = 1 }: { topics?: readonly string[]; generation?: number } = {},
): GroupMember => ({ id, topics, owned: new Map(Object.entries(owned)), generation })

function assigned(members: readonly GroupMember[], partitionsOf: ReadonlyMap<string, readonly number[]>): unknown {
  const byMember = [...assignSticky(members, partitionsOf)]
  return Object.fromEntries(byMember.map(([id, byTopic]) => [id, Object.fromEntries(byTopic)]))
}

describe('a group that reads one topic', () => {
  test.each<[what: string, members: GroupMember[], count: number, expected: unknown]>([
    ['nobody', [], 3, {}],
    ['one member gets all', [member('a')], 3, { a: { clicks: [0, 1, 2] } }],
    ['new members share evenly', [member('b'), member('a')], 5, { a: { clicks: [0, 2, 4] }, b: { clicks: [1, 3] } }],
    ['more members than partitions', [member('a'), member('b')], 1, { a: { clicks: [0] }, b: {} }],
    ['a topic without partitions', [member('a')], 0, { a: {} }],
    [
      'a member that joins gets its share from the most burdened',
      [member('a', { clicks: [0, 1] }), member('b', { clicks: [2, 3, 4] }), member('c')],
      5,
      { a: { clicks: [0, 1] }, b: { clicks: [2, 3] }, c: { clicks: [4] } },
    ],
    [
      'the partitions of one that left go to those with room',
      [member('a', { clicks: [3, 4] }), member('b', { clicks: [0] })],
      5,
      { a: { clicks: [1, 3, 4] }, b: { clicks: [0, 2] } },
    ],
    [
      'an uneven division within 1 stays',
      [member('a', { clicks: [2] }), member('b', { clicks: [0, 1] })],
      3,
      { a: { clicks: [2] }, b: { clicks: [0, 1] } },
    ],
    [
      'added partitions move none of the old',
      [member('a', { clicks: [0] }), member('b', { clicks: [1] })],
      4,
      { a: { clicks: [0, 2] }, b: { clicks: [1, 3] } },
    ],
  ])('%s', (_, members, count, expected) => {
    expect(assigned(members, partitions({ clicks: count }))).toStrictEqual(expected)
  })
})

describe('claims', () => {
  test.each<[what: string, members: GroupMember[], expected: unknown]>([
    [
      'the newer generation wins over a member that comes back from a stall',
      [member('a', { clicks: [0, 1] }, { generation: 4 }), member('b', { clicks: [0, 1] }, { generation: 5 })],
      { a: { clicks: [2, 3] }, b: { clicks: [0, 1] } },
    ],
    [
      'of one generation the lower id wins',
      [member('b', { clicks: [2, 3] }), member('a', { clicks: [2, 3] })],
      { a: { clicks: [2, 3] }, b: { clicks: [0, 1] } },
    ],
    [
      'one without a generation loses to one with',
      [member('a', { clicks: [2, 3] }, { generation: -1 }), member('b', { clicks: [2, 3] }, { generation: 0 })],
      { a: { clicks: [0, 1] }, b: { clicks: [2, 3] } },
    ],
    [
      'partitions that do not exist count for nothing',
      [member('a', { clicks: [4, -1, 0.5, Number.NaN, 3] }), member('b', { clicks: [0] })],
      { a: { clicks: [1, 3] }, b: { clicks: [0, 2] } },
    ],
    [
      'a topic that does not exist counts for nothing',
      [
        member('a', { gone: [0, 1, 2] }, { topics: ['clicks', 'gone'] }),
        member('b', {}, { topics: ['gone', 'clicks'] }),
      ],
      { a: { clicks: [0, 2] }, b: { clicks: [1, 3] } },
    ],
    [
      'a partition named twice is one partition',
      [member('a', { clicks: [0, 0, 0] }), member('b', { clicks: [1, 2] })],
      { a: { clicks: [0, 3] }, b: { clicks: [1, 2] } },
    ],
    [
      'a topic no longer subscribed to is given up, to the newest claim of a subscriber',
      [
        member('a', { clicks: [0, 1] }, { topics: [], generation: 9 }),
        member('b', { clicks: [2, 3] }),
        member('c', { clicks: [1] }),
      ],
      { a: {}, b: { clicks: [2, 3] }, c: { clicks: [0, 1] } },
    ],
  ])('%s', (_, members, expected) => {
    expect(assigned(members, partitions({ clicks: 4 }))).toStrictEqual(expected)
  })
})

describe('a group that reads several topics', () => {
  const both = { topics: ['clicks', 'orders'] }

  test('new members get partitions of each', () => {
    expect(
      assigned([member('a', {}, both), member('b', {}, both)], partitions({ orders: 2, clicks: 2 })),
    ).toStrictEqual({
      a: { clicks: [0], orders: [0] },
      b: { clicks: [1], orders: [1] },
    })
  })

  test('a topic subscribed to twice is one topic', () => {
    const repeating = { topics: ['clicks', 'clicks', 'orders'] }
    const partitionsOf = partitions({ clicks: 3, orders: 3 })
    expect(assigned([member('a', {}, repeating), member('b', {}, both)], partitionsOf)).toStrictEqual(
      assigned([member('a', {}, both), member('b', {}, both)], partitionsOf),
    )
  })

  test('a topic that nobody subscribes to is not assigned', () => {
    expect(assigned([member('a')], partitions({ clicks: 1, orders: 1 }))).toStrictEqual({ a: { clicks: [0] } })
  })

  test('a member keeps what only it may read, however much that is', () => {
    const members = [member('a', { clicks: [0] }, both), member('b', { clicks: [1] })]
    expect(assigned(members, partitions({ clicks: 2, orders: 3 }))).toStrictEqual({
      a: { orders: [0, 1, 2] },
      b: { clicks: [0, 1] },
    })
  })

  test('a partition moves on to make room where the new member cannot take from the most burdened one', () => {
    const members = [
      member('a', { clicks: [0, 1, 2] }),
      member('b', { clicks: [3], orders: [0, 1] }, both),
      member('c', {}, { topics: ['orders'] }),
    ]
    expect(assigned(members, partitions({ clicks: 4, orders: 2 }))).toStrictEqual({
      a: { clicks: [0, 1] },
      b: { clicks: [2, 3] },
      c: { orders: [0, 1] },
    })
  })

  test('of two that could make room, the one that holds what nobody owned does, and the owner keeps its own', () => {
    const members = [
      member('a'),
      member('b', { orders: [0, 1] }, { topics: ['orders'] }),
      member('c', { clicks: [0] }, both),
    ]
    expect(assigned(members, partitions({ clicks: 1, orders: 3 }))).toStrictEqual({
      a: { clicks: [0] },
      b: { orders: [0, 1] },
      c: { orders: [2] },
    })
  })

  test('of members with equally few, one gets back what it had given', () => {
    const members = [
      member('a'),
      member('b', {}, { topics: ['orders'] }),
      member('c', { clicks: [1], orders: [0] }, both),
      member('d', { orders: [1] }, { topics: ['orders', 'views'] }),
    ]
    expect(assigned(members, partitions({ clicks: 2, orders: 2, views: 2 }))).toStrictEqual({
      a: { clicks: [0] },
      b: { orders: [1] },
      c: { clicks: [1], orders: [0] },
      d: { views: [0, 1] },
    })
  })
})

describe('what a member tells the leader', () => {
  const ofText = (text: string): Buffer => Buffer.from(text)

  test('is read back', () => {
    const owned = new Map([
      ['clicks', [0, 7, 2_147_483_647]],
      ['__proto__', [1]],
      ['none', []],
    ])
    expect(decodeOwnership(encodeOwnership(owned, 12))).toStrictEqual({ owned, generation: 12 })
    expect(decodeOwnership(encodeOwnership(new Map(), -1))).toStrictEqual({ owned: new Map(), generation: -1 })
  })

  test('is read up to 100,000 partitions of 10,000 topics', () => {
    const whole = new Map(Array.from({ length: 10_000 }, (_, topic) => [`t${topic}`, Array(10).fill(0)]))
    expect(decodeOwnership(encodeOwnership(whole, 1))?.owned.size).toBe(10_000)
    const partitionTooMany = new Map([...whole, ['t0', Array(11).fill(0)]])
    expect(decodeOwnership(encodeOwnership(partitionTooMany, 1))).toBeUndefined()
    const topicTooMany = new Map([...whole.keys(), 'one more'].map((topic) => [topic, []]))
    expect(decodeOwnership(encodeOwnership(topicTooMany, 1))).toBeUndefined()
  })

  test('is read up to a mebibyte', () => {
    const text = '{"v":1,"generation":1,"owned":[]}'
    expect(decodeOwnership(ofText(text.padEnd(1_048_576)))).toStrictEqual({ owned: new Map(), generation: 1 })
    expect(decodeOwnership(ofText(text.padEnd(1_048_577)))).toBeUndefined()
  })

  test.each<[what: string, bytes: Uint8Array | null]>([
    ['nothing', null],
    ['no bytes', Buffer.alloc(0)],
    ['bytes that are no text', Buffer.from('{"v":1,"generation":1,"owned":[["\u00ff",[0]]]}', 'latin1')],
    ['text cut short', encodeOwnership(new Map([['clicks', [1]]]), 1).subarray(0, -1)],
    ['nesting without end', ofText('['.repeat(1_000_000))],
    ['null', ofText('null')],
    ['another version', ofText('{"v":2,"generation":1,"owned":[]}')],
    ['no generation', ofText('{"v":1,"owned":[]}')],
    ['a generation below -1', ofText('{"v":1,"generation":-2,"owned":[]}')],
    ['a generation that no protocol can carry', ofText('{"v":1,"generation":2147483648,"owned":[]}')],
    ['a generation that is text', ofText('{"v":1,"generation":"1","owned":[]}')],
    ['no ownership', ofText('{"v":1,"generation":1}')],
    ['an ownership that is an object', ofText('{"v":1,"generation":1,"owned":{"clicks":[0]}}')],
    ['a topic that is no pair', ofText('{"v":1,"generation":1,"owned":[7]}')],
    ['a topic that is no text', ofText('{"v":1,"generation":1,"owned":[[7,[0]]]}')],
    ['a topic twice', ofText('{"v":1,"generation":1,"owned":[["clicks",[0]],["clicks",[1]]]}')],
    ['partitions that are text', ofText('{"v":1,"generation":1,"owned":[["clicks","012"]]}')],
    ['a partition that is text', ofText('{"v":1,"generation":1,"owned":[["clicks",["0"]]]}')],
    ['a negative partition', ofText('{"v":1,"generation":1,"owned":[["clicks",[-1]]]}')],
    ['a broken partition', ofText('{"v":1,"generation":1,"owned":[["clicks",[0.5]]]}')],
    ['a partition beyond 32 bits', ofText('{"v":1,"generation":1,"owned":[["clicks",[2147483648]]]}')],
  ])('is refused when it is %s', (_, bytes) => {
    expect(decodeOwnership(bytes)).toBeUndefined()
  })
})
