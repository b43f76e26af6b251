import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Hash64 } from '../../consumer/contract/hash.ts'
import { Distribution, RELATIVE_ERROR } from '../../consumer/profile/distribution.ts'
import { HashCounts } from '../../consumer/profile/hash-counts.ts'
import { JsonKeys } from '../../consumer/profile/json-keys.ts'
import { Ranking } from '../../consumer/profile/ranking.ts'
import { runs } from './runs.ts'

const MORE_THAN_EXACT = 100_001

/** Whole numbers of every size, with many repetitions. */
const wholeNumbers = fc.array(
  fc.oneof(fc.nat(5), fc.nat(1000), fc.nat(1_000_000_000), fc.maxSafeNat(), fc.constant(0)),
  { minLength: 1, maxLength: 300 },
)

test('quantiles are those of the sorted values, or within 1 % of them when there are many', () => {
  fc.assert(
    fc.property(wholeNumbers, fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), (values, areMany, share) => {
      const times = areMany ? Math.ceil(MORE_THAN_EXACT / values.length) : 1
      const distribution = new Distribution()
      for (const value of values) distribution.add(value, times)
      const sorted = values.toSorted((a, b) => a - b)
      const rank = Math.max(1, Math.ceil(share * values.length * times))
      const expected = sorted[Math.ceil(rank / times) - 1]!
      const error = Math.abs(distribution.quantile(share) - expected)
      expect(error).toBeLessThanOrEqual(distribution.isExact ? 0 : expected * RELATIVE_ERROR)
      expect(distribution.min).toBe(sorted[0])
      expect(distribution.max).toBe(sorted.at(-1))
    }),
    runs(300),
  )
})

const words = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 })), { maxLength: 400 })

test('a count of a ranking is too low by no more than it says, and never too high', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 50 }), (added, room) => {
      const ranking = new Ranking(room)
      const counts = new Map<string, number>()
      for (const [word, weight] of added) {
        const bytes = Buffer.from(`word ${word}`)
        ranking.add(bytes, 0, bytes.length, weight)
        counts.set(`word ${word}`, (counts.get(`word ${word}`) ?? 0) + weight)
      }
      const ranked = new Map(ranking.top(room).map(({ text, count }) => [text, count]))
      expect(ranking.size).toBeLessThanOrEqual(room)
      for (const [text, count] of counts) {
        expect(ranked.get(text) ?? 0).toBeLessThanOrEqual(count)
        expect((ranked.get(text) ?? 0) + ranking.missing).toBeGreaterThanOrEqual(count)
      }
    }),
    runs(300),
  )
})

function hashOf(key: number): Hash64 {
  const hash = new Hash64()
  const bytes = Buffer.from(`key ${key}`)
  hash.of(bytes, 0, bytes.length)
  return hash
}

test('counts of hashes are those of a map', () => {
  const occurrences = fc.array(fc.tuple(fc.nat(2_000), fc.nat(1)), { maxLength: 3_000, size: 'max' })
  fc.assert(
    fc.property(occurrences, (added) => {
      const counts = new HashCounts()
      const marks = new Map<number, number[]>()
      for (const [key, mark] of added) {
        counts.add(hashOf(key), mark)
        marks.set(key, [...(marks.get(key) ?? []), mark])
      }
      const all = [...marks.values()]
      expect(counts.isExact).toBe(true)
      expect(counts.distinct).toBe(all.length)
      expect(counts.repeats).toBe(added.length - all.length)
      expect(counts.repeated).toBe(all.filter(({ length }) => length > 1).length)
      expect(counts.differing).toBe(all.filter((ofKey) => new Set(ofKey).size > 1).length)
    }),
    runs(50),
  )
})

test('beyond their room, counts of hashes are those of a sample, scaled up', () => {
  const counts = new HashCounts(1024)
  for (let key = 0; key < 50_000; key++) for (let time = 0; time <= key % 4; time++) counts.add(hashOf(key), time % 2)
  expect(counts.isExact).toBe(false)
  expect(counts.distinct / 50_000).toBeGreaterThan(0.85)
  expect(counts.distinct / 50_000).toBeLessThan(1.15)
  // Of every key that is kept, all occurrences are: the ratios are those of the sample, not of chance in counting.
  expect(counts.repeats / counts.distinct).toBeGreaterThan(1.2)
  expect(counts.repeats / counts.distinct).toBeLessThan(1.8)
  expect(counts.differing).toBe(counts.repeated)
})

const key = fc.constantFrom('a', 'b', 'c"', 'd\\', 'é', '')
const leaf = fc.oneof(
  fc.constantFrom(null, true, false, '', 'text', 'with "quotes" and \\', '}{][,:', -1.5e30, 0, 1e-7),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree')), fc.dictionary(key, tie('tree'), { maxKeys: 4 })),
}))
const objects = fc.array(fc.dictionary(key, tree, { maxKeys: 5 }), { maxLength: 20 })

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'object' ? 'object' : typeof value

test('the keys of JSON objects and of the objects in them are those that JSON.parse finds', () => {
  fc.assert(
    fc.property(objects, fc.constantFrom(undefined, 1, '\t'), (records, indent) => {
      const keys = new JsonKeys()
      const expected = new Map<string, Map<string, number>>()
      const note = (path: string, value: unknown): void => {
        const types = expected.get(path) ?? new Map<string, number>()
        expected.set(path, types.set(typeOf(value), (types.get(typeOf(value)) ?? 0) + 1))
        if (value === '') types.set('empty', (types.get('empty') ?? 0) + 1)
      }
      for (const record of records) {
        keys.read(Buffer.from(`${JSON.stringify(record, null, indent)}`), 0)
        for (const [name, value] of Object.entries(record)) {
          note(name, value)
          if (typeOf(value) !== 'object') continue
          for (const [inner, nested] of Object.entries(value as object)) note(`${name}.${inner}`, nested)
        }
      }
      expect(keys.records).toBe(records.length)
      const found = keys.keys.map(({ key: path, nulls, empty, types }) => [path, { null: nulls, empty, ...types }])
      const nothing = { null: 0, empty: 0 }
      expect(Object.fromEntries(found)).toEqual(
        Object.fromEntries([...expected].map(([path, types]) => [path, { ...nothing, ...Object.fromEntries(types) }])),
      )
    }),
    runs(300),
  )
})
