import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CHECKOUT_MS,
  END_MS,
  ENTRY_MS,
  EXIT_MS,
  KEY_LO,
  PAGE_VIEWS,
  PHASE_OPEN,
  PHASE_OVER_24H,
  PHASE_STARTED,
  PURCHASE_MS,
  ROW_DOUBLES,
  ROW_INTS,
  SessionTable,
  START_MS,
  STEPS,
  TYPES,
} from '../../consumer/core/sessions.ts'
import { runs } from '../property/runs.ts'

type Key = readonly [lo: number, hi: number]

const startMs = (sessions: SessionTable, slot: number): number => sessions.doubles[slot * ROW_DOUBLES + START_MS]!

function add(sessions: SessionTable, [lo, hi]: Key, timeMs: number): number {
  const slot = sessions.add(lo, hi, timeMs)
  sessions.due.push(slot, timeMs)
  return slot
}

function chain(sessions: SessionTable, [lo, hi]: Key): number[] {
  const slots: number[] = []
  for (let slot = sessions.find(lo, hi); slot >= 0; slot = sessions.next(slot)) slots.push(slot)
  return slots
}

/** The table's own bytes, as a snapshot keeps them. */
const savedRows = (sessions: SessionTable): Float64Array => sessions.doubles.slice(0, sessions.shape.used * ROW_DOUBLES)

function restored(sessions: SessionTable): SessionTable {
  const copy = new SessionTable()
  copy.restore(savedRows(sessions), sessions.shape, (slot) => startMs(copy, slot))
  return copy
}

function drained(sessions: SessionTable): number[] {
  const slots: number[] = []
  while (sessions.due.size > 0) {
    slots.push(sessions.due.topSlot)
    sessions.remove(sessions.due.topSlot)
  }
  return slots
}

/** Keys whose searches begin at the same place or beside it, around the end of the index too, and ones that do not. */
const KEYS: readonly Key[] = [
  ...Array.from({ length: 8 }, (_, index) => [index << 20, 1] as const),
  ...Array.from({ length: 6 }, (_, index) => [-1 - (index << 21), 1] as const),
  ...Array.from({ length: 4 }, (_, index) => [7, index - 2] as const),
  [1, 0],
  [2, 0],
  [-2, 0],
  [0, 0],
]

describe('the table of open sessions', () => {
  test('finds by key what a Map of lists holds, whatever is added and removed', () => {
    const steps = fc.array(
      fc.record({
        key: fc.nat({ max: KEYS.length - 1 }),
        remove: fc.boolean(),
        which: fc.nat({ max: 9 }),
        timeMs: fc.nat({ max: 50 }),
      }),
      { maxLength: 150, size: 'max' },
    )
    fc.assert(
      fc.property(steps, fc.nat({ max: 150 }), (all, restoreAt) => {
        let sessions = new SessionTable()
        const model = KEYS.map(() => new Set<number>())
        let most = 0
        for (const [index, { key, remove, which, timeMs }] of all.entries()) {
          if (index === restoreAt) sessions = restored(sessions)
          const known = [...model[key]!]
          if (remove && known.length > 0) {
            const slot = known[which % known.length]!
            sessions.remove(slot)
            model[key]!.delete(slot)
          } else {
            const slot = add(sessions, KEYS[key]!, timeMs)
            expect(model.some((slots) => slots.has(slot))).toBe(false)
            model[key]!.add(slot)
          }
          const open = model.reduce((sum, slots) => sum + slots.size, 0)
          most = Math.max(most, open)
          expect(sessions.open).toBe(open)
          expect(sessions.shape.used).toBe(most)
          for (const [at, slots] of model.entries()) {
            expect(chain(sessions, KEYS[at]!).sort()).toStrictEqual([...slots].sort())
          }
        }
        const visited: number[] = []
        sessions.forEachOpen((slot) => visited.push(slot))
        expect(visited.sort()).toStrictEqual(model.flatMap((slots) => [...slots]).sort())
      }),
      runs(150),
    )
  })

  test('finds thousands of keys that all begin their search at one place', () => {
    const sessions = new SessionTable()
    const keys = Array.from({ length: 3000 }, (_, index) => [index << 16, index] as const)
    const slots = keys.map((key) => add(sessions, key, 0))
    expect(keys.map(([lo, hi]) => sessions.find(lo, hi))).toStrictEqual(slots)
    for (let index = 0; index < keys.length; index += 2) sessions.remove(slots[index]!)
    expect(keys.map(([lo, hi]) => sessions.find(lo, hi))).toStrictEqual(
      slots.map((slot, at) => (at % 2 === 0 ? -1 : slot)),
    )
  })

  test('keeps many sessions of one key in one chain, and any of them can go', () => {
    const sessions = new SessionTable()
    const key = [5, 5] as const
    const slots = Array.from({ length: 6 }, (_, index) => add(sessions, key, index))
    for (const gone of [slots[0]!, slots[3]!, slots[5]!]) sessions.remove(gone)
    expect(chain(sessions, key).sort()).toStrictEqual([slots[1], slots[2], slots[4]].sort())
    expect(sessions.find(5, 6)).toBe(-1)
    for (const gone of [slots[4]!, slots[1]!, slots[2]!]) sessions.remove(gone)
    expect(sessions.find(5, 5)).toBe(-1)
    expect(sessions.open).toBe(0)
  })

  test('takes the slots of closed sessions again, so that memory follows the most that were ever open', () => {
    const sessions = new SessionTable()
    for (let round = 0; round < 50; round++) {
      const slots = Array.from({ length: 100 }, (_, index) => add(sessions, [index * 31, round], round))
      for (const slot of slots) sessions.remove(slot)
    }
    expect(sessions.shape.used).toBe(100)
    expect(sessions.bytes).toBe(new SessionTable().bytes)
  })

  test('a slot used again holds nothing of its former session', () => {
    const sessions = new SessionTable()
    const first = add(sessions, [1, 2], 1000)
    sessions.doubles.fill(7, first * ROW_DOUBLES + ENTRY_MS, first * ROW_DOUBLES + PURCHASE_MS + 1)
    sessions.ints.fill(7, first * ROW_INTS + PAGE_VIEWS, first * ROW_INTS + TYPES + 1)
    sessions.setPhase(first, PHASE_OVER_24H)
    sessions.remove(first)
    const second = add(sessions, [3, 4], 2000)
    expect(second).toBe(first)
    const row = [...sessions.doubles.subarray(second * ROW_DOUBLES, second * ROW_DOUBLES + CHECKOUT_MS + 2)]
    const never = Number.POSITIVE_INFINITY
    expect(row).toStrictEqual([2000, 2000, never, never, never, never])
    expect([...sessions.ints.subarray(second * ROW_INTS + KEY_LO, second * ROW_INTS + TYPES + 1)]).toStrictEqual([
      3, 4, 0, 0, 0, 0, 0,
    ])
    expect(sessions.phase(second)).toBe(PHASE_OPEN)
    expect([startMs(sessions, second), sessions.doubles[second * ROW_DOUBLES + EXIT_MS]]).toStrictEqual([2000, never])
  })

  test('the phase and the event types share a word without touching each other', () => {
    const sessions = new SessionTable()
    const slot = add(sessions, [1, 2], 0)
    sessions.ints[slot * ROW_INTS + TYPES]! |= 0b1_0000_0001
    for (const phase of [PHASE_STARTED, PHASE_OVER_24H, PHASE_OPEN]) {
      sessions.setPhase(slot, phase)
      expect(sessions.phase(slot)).toBe(phase)
      expect(sessions.ints[slot * ROW_INTS + TYPES]! & 0xffff).toBe(0b1_0000_0001)
    }
  })

  test('orders equal due times by key, then by start', () => {
    const sessions = new SessionTable()
    const late = sessions.add(1, 1, 20)
    const early = sessions.add(1, 1, 10)
    const other = sessions.add(1, 0, 30)
    const negative = sessions.add(-5, 9, 40)
    for (const slot of [late, early, other, negative]) sessions.due.push(slot, 99)
    expect(drained(sessions)).toStrictEqual([negative, other, early, late])
  })

  test('grown and restored, holds the same sessions in the same slots, chains and order', () => {
    const sessions = new SessionTable()
    const key = (index: number): Key => [Math.imul(index % 2500, 0x9e3779b1), index % 7]
    const slots = Array.from({ length: 6000 }, (_, index) => {
      const slot = add(sessions, key(index), (index * 37) % 1000)
      sessions.ints[slot * ROW_INTS + STEPS] = index
      return slot
    })
    for (let index = 0; index < 6000; index += 3) sessions.remove(slots[index]!)
    const copy = restored(sessions)
    expect(copy.shape).toStrictEqual(sessions.shape)
    expect(savedRows(copy)).toStrictEqual(savedRows(sessions))
    for (let index = 0; index < 6000; index++)
      expect(chain(copy, key(index))).toStrictEqual(chain(sessions, key(index)))
    const next = [add(copy, [1, 1], 5), add(copy, [1, 2], 5)]
    expect(next).toStrictEqual([add(sessions, [1, 1], 5), add(sessions, [1, 2], 5)])
    expect(drained(copy)).toStrictEqual(drained(sessions))
  })

  test('an empty table restores to an empty one', () => {
    const copy = restored(new SessionTable())
    expect(copy.open).toBe(0)
    expect(copy.find(0, 0)).toBe(-1)
    expect(chain(copy, [0, 0])).toStrictEqual([])
    expect(add(copy, [0, 0], 1)).toBe(0)
    expect(chain(copy, [0, 0])).toStrictEqual([0])
    expect(copy.doubles[END_MS]).toBe(1)
  })
})
