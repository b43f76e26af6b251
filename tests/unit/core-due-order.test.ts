import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DueHeap } from '../../consumer/core/due-heap.ts'

const SECOND_MS = 1000
const DAY_MS = 86_400_000
const START_MS = Date.UTC(2024, 4, 1)
const SLOTS = 40

/** Near, within the hour, beyond the ring, and far beyond it. */
const dues = fc
  .oneof(
    fc.nat({ max: 3 * SECOND_MS }),
    fc.nat({ max: 3600 * SECOND_MS }),
    fc.nat({ max: 2 * DAY_MS }),
    fc.nat({ max: 9000 * DAY_MS }),
  )
  .map((ms) => START_MS + ms)

const steps = fc.array(
  fc.record({
    slot: fc.nat({ max: SLOTS - 1 }),
    dueMs: dues,
    does: fc.constantFrom('push', 'push', 'push', 'hasten', 'postpone', 'remove', 'look'),
  }),
  { maxLength: 200 },
)

describe('the order of due sessions', () => {
  test('is that of a list sorted anew every time, near or far', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const heap = new DueHeap(SLOTS, (slot, other) => slot < other)
        const dueOf = new Map<number, number>()
        const sorted = (): (readonly [number, number])[] =>
          [...dueOf].sort(([slot, due], [other, otherDue]) => due - otherDue || slot - other)
        for (const { slot, dueMs, does } of todo) {
          const known = dueOf.get(slot)
          if (does === 'push' && known === undefined) {
            heap.push(slot, dueMs)
            dueOf.set(slot, dueMs)
          } else if (does === 'hasten' && known !== undefined) {
            heap.hasten(slot, dueMs)
            dueOf.set(slot, Math.min(known, dueMs))
          } else if (does === 'postpone' && dueOf.size > 0) {
            const [top, topDueMs] = sorted()[0]!
            heap.postponeTop(topDueMs + (dueMs - START_MS))
            dueOf.set(top, topDueMs + (dueMs - START_MS))
          } else if (does === 'remove' && known !== undefined) {
            heap.remove(slot)
            dueOf.delete(slot)
          } else if (does === 'look') {
            expect(heap.topDueMs).toBe(sorted()[0]?.[1] ?? Number.POSITIVE_INFINITY)
          }
          expect(heap.size).toBe(dueOf.size)
        }
        for (const [slot, dueMs] of sorted()) {
          expect([heap.topSlot, heap.topDueMs]).toEqual([slot, dueMs])
          heap.remove(slot)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
