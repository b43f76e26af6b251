import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabelTable, NONE, NONE_ID, OTHER, OTHER_ID } from '../../consumer/core/label-table.ts'
import { runs } from '../property/runs.ts'

describe('a label table', () => {
  test('admits the first comers up to its room and counts the rest as other', () => {
    const table = new LabelTable('page', [], 2)
    const ids = ['/a', '/b', '/a', '/c', '/b', '/d', '/a'].map((page) => table.admit(page))
    expect(ids).toStrictEqual([2, 3, 2, OTHER_ID, 3, OTHER_ID, 2])
    expect(table.values).toStrictEqual([OTHER, NONE, '/a', '/b'])
  })

  test('has room for its configured values beside the first comers', () => {
    const table = new LabelTable('page', ['/home', '/cart', '/home'], 1)
    expect(table.values).toStrictEqual([OTHER, NONE, '/home', '/cart'])
    expect(table.admit('/a')).toBe(4)
    expect(table.admit('/b')).toBe(OTHER_ID)
    expect([table.admit('/cart'), table.admit('/home')]).toStrictEqual([3, 2])
    expect(table.capacity).toBe(5)
  })

  test('without room admits the configured values alone and is never called full', () => {
    const table = new LabelTable('page', ['/home'], 0)
    expect([table.admit('/home'), table.admit('/a')]).toStrictEqual([2, OTHER_ID])
    expect(table.used).toBe(0)
  })

  test('shows the share of the room that is used', () => {
    const table = new LabelTable('page', ['/home'], 4)
    expect(table.used).toBe(0)
    for (const page of ['/home', '/a', '/b', '/c']) table.admit(page)
    expect(table.used).toBe(0.75)
    for (const page of ['/d', '/e', '/f']) table.admit(page)
    expect(table.used).toBe(1)
  })

  test('gives its own two values their own ids, which take no room', () => {
    const table = new LabelTable('page', [], 1)
    expect([table.admit(OTHER), table.admit(NONE), table.admit('/a')]).toStrictEqual([OTHER_ID, NONE_ID, 2])
  })

  test.each(['__proto__', 'constructor', 'toString', ''])("takes '%s' as any other value", (value) => {
    const table = new LabelTable('page', [], 1)
    expect([table.admit(value), table.admit(value), table.values[2]]).toStrictEqual([2, 2, value])
  })

  test('never changes an id, never exceeds its capacity, and knows a value by its id', () => {
    const values = fc.string({ maxLength: 2, unit: fc.constantFrom('a', 'b', 'c', '/') })
    fc.assert(
      fc.property(
        fc.array(values, { maxLength: 5 }),
        fc.nat({ max: 6 }),
        fc.array(values),
        (configured, room, sent) => {
          const table = new LabelTable('page', configured, room)
          const ids = new Map(table.values.map((value, id) => [value, id]))
          for (const value of sent) {
            const id = table.admit(value)
            if (id === OTHER_ID) expect(table.values).toHaveLength(table.capacity)
            else expect(table.values[id]).toBe(value)
            if (ids.has(value)) expect(id).toBe(ids.get(value))
            if (id !== OTHER_ID) ids.set(value, id)
          }
          expect(table.values.length).toBeLessThanOrEqual(table.capacity)
          expect(new Set(table.values).size).toBe(table.values.length)
        },
      ),
      runs(2000),
    )
  })
})
