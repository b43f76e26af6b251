import { describe, expect, test } from 'vitest'
import { Hash64 } from '../../consumer/contract/hash.ts'

const encoder = new TextEncoder()

/** Both halves of the hash of each text, one 64-bit number per text. */
function hashes(count: number, write: (index: number, into: Uint8Array) => number): BigUint64Array {
  const words = new Int32Array(count * 2)
  const bytes = new Uint8Array(64)
  const hash = new Hash64()
  for (let index = 0; index < count; index++) {
    hash.of(bytes, 0, write(index, bytes))
    words[index * 2] = hash.lo
    words[index * 2 + 1] = hash.hi
  }
  return new BigUint64Array(words.buffer)
}

function collisions(all: BigUint64Array): number {
  const sorted = all.slice().sort()
  let found = 0
  for (let at = 1; at < sorted.length; at++) if (sorted[at] === sorted[at - 1]) found++
  return found
}

function writeDecimal(value: number, into: Uint8Array, from: number): number {
  let length = 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) length++
  for (let at = from + length - 1, rest = value; at >= from; at--, rest = Math.floor(rest / 10))
    into[at] = 0x30 + (rest % 10)
  return from + length
}

/** A fixed sequence of well mixed 32-bit numbers, so that a failure comes back. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

/** Chi-squared of `shift`ed values over 65,536 buckets; about 65,535 ± 362 when they are spread evenly. */
function unevenness(words: Uint32Array, half: number, shift: number): number {
  const buckets = new Uint32Array(65_536)
  for (let at = half; at < words.length; at += 2) buckets[(words[at]! >>> shift) & 0xffff]!++
  const expected = words.length / 2 / buckets.length
  return buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

const SEQUENTIAL = 2_000_000
const prefix = encoder.encode('event-')
const sequential = hashes(SEQUENTIAL, (index, into) => {
  into.set(prefix)
  return writeDecimal(index, into, prefix.length)
})

describe('the 64-bit hash', () => {
  test('gives two million consecutive ids two million values', () => {
    expect(collisions(sequential)).toBe(0)
  })

  test('gives a million bare numbers a million values', () => {
    expect(collisions(hashes(1_000_000, (index, into) => writeDecimal(index, into, 0)))).toBe(0)
  })

  test('gives 200,000 random ids of 1 to 40 bytes as many values as there are ids', () => {
    const next = sequence(7)
    const known = new Set<string>()
    const values = hashes(200_000, (_index, into) => {
      const length = 1 + (next() % 40)
      for (let at = 0; at < length; at++) into[at] = next() & 0xff
      known.add(Buffer.from(into.subarray(0, length)).toString('latin1'))
      return length
    })
    expect(values.length - collisions(values)).toBe(known.size)
  })

  test.each([
    ['low bits of lo, which find a session', 0, 0],
    ['high bits of lo, which find a remembered id', 0, 16],
    ['low bits of hi', 1, 0],
    ['high bits of hi', 1, 16],
  ])('spreads consecutive ids evenly: %s', (_bits, half, shift) => {
    const chiSquared = unevenness(new Uint32Array(sequential.buffer), half, shift)
    expect(chiSquared).toBeGreaterThan(65_535 - 6 * 362)
    expect(chiSquared).toBeLessThan(65_535 + 6 * 362)
  })

  test('turns about half of the 64 bits over when one bit of the id changes', () => {
    const text = encoder.encode('c2f1a8be-4b6e-4e58-9d0a-7f3b1c2d3e4f')
    const hash = new Hash64()
    hash.of(text, 0, text.length)
    const { lo, hi } = hash
    let turned = 0
    for (let bit = 0; bit < text.length * 8; bit++) {
      const changed = text.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      hash.of(changed, 0, changed.length)
      const bits = ones(hash.lo ^ lo) + ones(hash.hi ^ hi)
      expect(bits).toBeGreaterThan(10)
      turned += bits
    }
    expect(turned / (text.length * 8)).toBeCloseTo(32, 0)
  })

  test('depends on the bytes in the range and on nothing around them', () => {
    const inside = encoder.encode('xxannyyy')
    const alone = encoder.encode('ann')
    expect(halves(inside, 2, 5)).toStrictEqual(halves(alone, 0, 3))
    expect(halves(inside, 2, 6)).not.toStrictEqual(halves(alone, 0, 3))
  })

  test('tells zeros of different lengths apart, and an empty range from them', () => {
    const zeros = new Uint8Array(64)
    const values = new Set(Array.from({ length: 65 }, (_, length) => halves(zeros, 0, length).join()))
    expect(values.size).toBe(65)
  })

  test('is part of every snapshot: other values here need another core version', () => {
    const text = (words: string): [number, number] => halves(encoder.encode(words), 0, words.length)
    expect(text('')).toStrictEqual([1634101981, -1847994309])
    expect(text('ann')).toStrictEqual([-752243770, 1770900737])
    expect(text('1234')).toStrictEqual([-1916947189, 1600622310])
    expect(text('c2f1a8be-4b6e-4e58-9d0a-7f3b1c2d3e4f')).toStrictEqual([2036628482, -1073448308])
    expect(halves(encoder.encode('s1'), 0, 2, 123456789, -987654321)).toStrictEqual([-783339771, 80635543])
  })

  test('changes with either half of the seed', () => {
    const seeded = [
      halves(prefix, 0, 6),
      halves(prefix, 0, 6, 1, 0),
      halves(prefix, 0, 6, 0, 1),
      halves(prefix, 0, 6, 1, 1),
    ]
    expect(new Set(seeded.map(String)).size).toBe(4)
  })

  test('with another hash as seed tells the pairs (a, b), (b, a) and the parts apart', () => {
    const pair = (first: string, second: string): string => {
      const [lo, hi] = halves(encoder.encode(first), 0, first.length)
      return halves(encoder.encode(second), 0, second.length, lo, hi).join()
    }
    expect(pair('ann', 's1')).toBe(pair('ann', 's1'))
    const values = [pair('ann', 's1'), pair('s1', 'ann'), pair('anns', '1'), pair('bob', 's1'), pair('ann', 's2')]
    expect(new Set([...values, halves(encoder.encode('anns1'), 0, 5).join()]).size).toBe(6)
  })

  test('gives a million pairs of a thousand users and a thousand sessions a million values', () => {
    const words = new Int32Array(2_000_000)
    const text = new Uint8Array(16)
    const user = new Hash64()
    const key = new Hash64()
    for (let pair = 0; pair < 1_000_000; pair++) {
      if (pair % 1000 === 0) user.of(text, 0, writeDecimal(pair / 1000, text, 0))
      key.of(text, 0, writeDecimal(pair % 1000, text, 0), user.lo, user.hi)
      words[pair * 2] = key.lo
      words[pair * 2 + 1] = key.hi
    }
    expect(collisions(new BigUint64Array(words.buffer))).toBe(0)
  })
})

function halves(bytes: Uint8Array, start: number, end: number, seedLo?: number, seedHi?: number): [number, number] {
  const hash = new Hash64()
  hash.of(bytes, start, end, seedLo, seedHi)
  return [hash.lo, hash.hi]
}

function ones(word: number): number {
  let count = 0
  for (let bit = 0; bit < 32; bit++) count += (word >>> bit) & 1
  return count
}
