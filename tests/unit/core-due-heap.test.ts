import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DueHeap } from '../../consumer/core/due-heap.ts'
import { runs } from '../property/runs.ts'

const SLOTS = 60

/** Few due times, so that most of them tie. */
const dues = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 1000 }))
const steps = fc.array(
  fc.record({
    step: fc.constantFrom('push', 'push', 'push', 'hasten', 'postpone top', 'remove', 'remove top'),
    slot: fc.nat({ max: SLOTS - 1 }),
    dueMs: dues,
  }),
  { maxLength: 200, size: 'max' },
)
const ranks = fc.shuffledSubarray(
  Array.from({ length: SLOTS }, (_, slot) => slot),
  { minLength: SLOTS },
)

/** The due slots in a plain list, sorted whenever it is asked. */
class DueList {
  readonly dues = new Map<number, number>()
  readonly #rank: readonly number[]

  constructor(rank: readonly number[]) {
    this.#rank = rank
  }

  get top(): readonly [slot: number, dueMs: number] | undefined {
    return [...this.dues].sort(([a, aDue], [b, bDue]) => aDue - bDue || this.#rank[a]! - this.#rank[b]!)[0]
  }
}

function expectSameTop(heap: DueHeap, list: DueList): void {
  expect(heap.size).toBe(list.dues.size)
  const top = list.top
  expect(heap.topDueMs).toBe(top === undefined ? Number.POSITIVE_INFINITY : top[1])
  if (top !== undefined) expect(heap.topSlot).toBe(top[0])
}

describe('the heap of due sessions', () => {
  test('has the same top as a sorted list after every step, equal due times ordered by `first`', () => {
    fc.assert(
      fc.property(steps, ranks, (all, rank) => {
        const heap = new DueHeap(SLOTS, (slot, other) => rank[slot]! < rank[other]!)
        const list = new DueList(rank)
        for (const { step, slot, dueMs } of all) {
          const known = list.dues.get(slot)
          const top = list.top
          if (step === 'push' && known === undefined) {
            heap.push(slot, dueMs)
            list.dues.set(slot, dueMs)
          } else if (step === 'hasten' && known !== undefined) {
            heap.hasten(slot, dueMs)
            list.dues.set(slot, Math.min(known, dueMs))
          } else if (step === 'postpone top' && top !== undefined) {
            heap.postponeTop(top[1] + dueMs)
            list.dues.set(top[0], top[1] + dueMs)
          } else if (step === 'remove' && known !== undefined) {
            heap.remove(slot)
            list.dues.delete(slot)
          } else if (step === 'remove top' && top !== undefined) {
            heap.remove(top[0])
            list.dues.delete(top[0])
          }
          expectSameTop(heap, list)
        }
        while (list.top !== undefined) {
          const [slot] = list.top
          heap.remove(slot)
          list.dues.delete(slot)
          expectSameTop(heap, list)
        }
      }),
      runs(400),
    )
  })

  test('gives thousands back in order, grown along the way', () => {
    const heap = new DueHeap(1, (slot, other) => slot < other)
    const size = 5000
    for (let slot = 0; slot < size; slot++) {
      if (Number.isInteger(Math.log2(slot))) heap.grow(slot * 2)
      heap.push(slot, (slot * 7919) % 1013)
    }
    const popped: number[] = []
    while (heap.size > 0) {
      popped.push(heap.topSlot)
      heap.remove(heap.topSlot)
    }
    const sorted = Array.from({ length: size }, (_, slot) => slot).sort(
      (a, b) => ((a * 7919) % 1013) - ((b * 7919) % 1013) || a - b,
    )
    expect(popped).toStrictEqual(sorted)
  })

  test('is due never when it is empty', () => {
    const heap = new DueHeap(4, () => false)
    expect(heap.topDueMs).toBe(Number.POSITIVE_INFINITY)
    heap.push(2, 5)
    heap.remove(2)
    expect(heap.topDueMs).toBe(Number.POSITIVE_INFINITY)
  })

  test('leaves a slot where it is when told to hasten it to a later time', () => {
    const heap = new DueHeap(4, (slot, other) => slot < other)
    heap.push(0, 10)
    heap.push(1, 20)
    heap.hasten(0, 30)
    expect([heap.topSlot, heap.topDueMs]).toStrictEqual([0, 10])
  })
})
