import { expect, test } from 'vitest'
import { KnownIds } from '../../producer/collect/known-ids.ts'

const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `["user-${(from + index) % 100}","event-${from + index}"]`)

function known(mostIds: number, added: readonly string[]): KnownIds {
  const table = new KnownIds(mostIds)
  for (const id of added) table.add(id)
  return table
}

test('what was added is known, and nothing else is', () => {
  const table = known(100_000, ids(0, 40_000))
  expect(ids(0, 40_000).filter((id) => !table.has(id))).toEqual([])
  expect(ids(40_000, 80_000).filter((id) => table.has(id))).toEqual([])
  expect(table.size).toBe(40_000)
})

test('the oldest half is forgotten when the newest is full, and never more than the most are kept', () => {
  const table = known(1_000, ids(0, 1_000))
  expect(table.size).toBe(1_000)
  table.add('one more')
  expect(table.size).toBe(501)
  expect(ids(0, 500).some((id) => table.has(id))).toBe(false)
  expect(ids(500, 1_000).every((id) => table.has(id))).toBe(true)
  expect(table.has('one more')).toBe(true)
})

test('many more than the most leave the newest known', () => {
  const table = known(1_000, ids(0, 10_250))
  expect(table.size).toBe(750)
  expect(ids(9_500, 10_250).every((id) => table.has(id))).toBe(true)
  expect(ids(0, 9_500).some((id) => table.has(id))).toBe(false)
})

test('added twice it counts once', () => {
  const table = known(1_000, [...ids(0, 10), ...ids(0, 10)])
  expect(table.size).toBe(10)
})

test.each([
  ['empty', ''],
  ['of other scripts', '["Ünïcødé 用户 🙂","事件"]'],
  ['longer than any that is usual', 'x'.repeat(100_000)],
  ['long and of other scripts', '用户🙂'.repeat(10_000)],
])('an identity that is %s is told from those like it', (_, id) => {
  const table = known(1_000, [id])
  expect([table.has(id), table.has(`${id} `), table.has(` ${id}`)]).toEqual([true, false, false])
})
