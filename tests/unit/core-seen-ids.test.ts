import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Hash64 } from '../../consumer/contract/hash.ts'
import { SeenIds } from '../../consumer/core/seen-ids.ts'
import { runs } from '../property/runs.ts'

const START_MS = Date.UTC(2024, 4, 1, 9)
const ENTRY_BYTES = 12

function idOf(number: number): Hash64 {
  const id = new Hash64()
  const text = new TextEncoder().encode(`event-${number}`)
  id.of(text, 0, text.length)
  return id
}

function idWith(lo: number, hi: number): Hash64 {
  const id = new Hash64()
  id.lo = lo
  id.hi = hi
  return id
}

/** The rule in a Map: an id is remembered until its whole second lies behind the watermark. */
class RememberedSeconds {
  readonly #seconds = new Map<number, number>()

  add(id: number, timeMs: number, watermarkMs: number): boolean {
    const second = this.#seconds.get(id)
    if (second !== undefined && second >= oldestSecond(watermarkMs)) return false
    this.#seconds.set(id, Math.floor(timeMs / 1000))
    return true
  }

  remembered(watermarkMs: number): number {
    return [...this.#seconds.values()].filter((second) => second >= oldestSecond(watermarkMs)).length
  }
}

const oldestSecond = (watermarkMs: number): number =>
  watermarkMs === Number.NEGATIVE_INFINITY ? 0 : Math.floor(watermarkMs / 1000)

/** Ids that follow one upon another while the watermark moves on, now in small steps, now beyond all of them. */
const additions = fc.array(
  fc.record({
    id: fc.nat({ max: 900 }),
    behindMs: fc.oneof(fc.constantFrom(0, 1, 999, 1000, 1001), fc.nat({ max: 30_000 })),
    stepMs: fc.oneof({ weight: 12, arbitrary: fc.nat({ max: 60 }) }, fc.constantFrom(1000, 5_000, 40_000)),
  }),
  { maxLength: 1600, size: 'max' },
)

describe('remembered ids', () => {
  test('are those of a Map that forgets whole seconds behind the watermark, through every growth and rebuild', () => {
    fc.assert(
      fc.property(additions, fc.constantFrom(0, 10_000, Number.POSITIVE_INFINITY), (items, latenessMs) => {
        let seen = new SeenIds()
        const model = new RememberedSeconds()
        let nowMs = START_MS
        for (const [at, { id, behindMs, stepMs }] of items.entries()) {
          nowMs += stepMs
          const watermarkMs = nowMs - latenessMs
          const timeMs = Math.max(nowMs - behindMs, watermarkMs)
          const expected = model.add(id, timeMs, watermarkMs)
          if (seen.add(idOf(id), timeMs, watermarkMs) !== expected)
            expect.fail(`addition ${at} of id ${id}: not ${expected}`)
          if (at % 400 === 399) {
            expect(seen.remembered(watermarkMs)).toBe(model.remembered(watermarkMs))
            seen = new SeenIds(seen.words.slice())
          }
        }
      }),
      runs(120),
    )
  })

  test('are remembered up to the last millisecond of their second and forgotten with the next', () => {
    const seen = new SeenIds()
    expect(seen.add(idOf(1), START_MS + 250, START_MS)).toBe(true)
    expect(seen.add(idOf(1), START_MS + 250, START_MS + 999)).toBe(false)
    expect(seen.remembered(START_MS + 999)).toBe(1)
    expect(seen.remembered(START_MS + 1000)).toBe(0)
    expect(seen.add(idOf(1), START_MS + 1000, START_MS + 1000)).toBe(true)
  })

  test('are never forgotten while the watermark has not begun', () => {
    const seen = new SeenIds()
    for (let id = 0; id < 5000; id++) expect(seen.add(idOf(id), START_MS, Number.NEGATIVE_INFINITY)).toBe(true)
    for (let id = 0; id < 5000; id++) expect(seen.add(idOf(id), START_MS, Number.NEGATIVE_INFINITY)).toBe(false)
    expect(seen.remembered(Number.NEGATIVE_INFINITY)).toBe(5000)
  })

  test('a refused copy does not prolong the memory of the first', () => {
    const seen = new SeenIds()
    seen.add(idOf(1), START_MS, START_MS)
    expect(seen.add(idOf(1), START_MS + 60_000, START_MS)).toBe(false)
    expect(seen.add(idOf(1), START_MS + 60_000, START_MS + 1000)).toBe(true)
  })

  test('tells hashes apart of which one half is equal, zero or all ones', () => {
    const seen = new SeenIds()
    const halves = [0, 1, -1, 0x7fffffff, -0x80000000]
    const ids = halves.flatMap((lo) => halves.map((hi) => idWith(lo, hi))).filter(({ lo, hi }) => lo !== 0 || hi !== 1)
    for (const id of ids) expect(seen.add(id, START_MS, START_MS), `${id.lo}, ${id.hi}`).toBe(true)
    for (const id of ids) expect(seen.add(id, START_MS, START_MS), `${id.lo}, ${id.hi}`).toBe(false)
  })

  test('find their place when all fall at the very end of the table', () => {
    const seen = new SeenIds()
    for (let hi = 1; hi <= 2000; hi++) expect(seen.add(idWith(-1, hi), START_MS, START_MS)).toBe(true)
    for (let hi = 1; hi <= 2000; hi++) expect(seen.add(idWith(-1, hi), START_MS, START_MS)).toBe(false)
  })

  test('read back from their words and go on alike, layout included', () => {
    const seen = new SeenIds()
    for (let id = 0; id < 3000; id++) seen.add(idOf(id), START_MS + id, START_MS)
    const copy = new SeenIds(seen.words.slice())
    for (let id = 2000; id < 9000; id++) {
      const watermarkMs = START_MS + id - 1500
      expect(copy.add(idOf(id), START_MS + id, watermarkMs)).toBe(seen.add(idOf(id), START_MS + id, watermarkMs))
    }
    expect(copy.words).toStrictEqual(seen.words)
    expect(copy.bytes).toBe(seen.bytes)
  })

  test('take bounded memory while the watermark moves for ever', () => {
    const latenessMs = 600_000
    const everyMs = 100
    const remembered = latenessMs / everyMs
    const seen = new SeenIds()
    let most = 0
    for (let id = 0; id < 600_000; id++) {
      const timeMs = START_MS + id * everyMs
      if (!seen.add(idOf(id), timeMs, timeMs - latenessMs)) expect.fail(`id ${id} was never seen before`)
      if (seen.bytes > most) most = seen.bytes
    }
    expect(most).toBeLessThan(remembered * ENTRY_BYTES * 3)
    expect(seen.remembered(START_MS + 599_999 * everyMs - latenessMs)).toBeLessThanOrEqual(remembered + 1000 / everyMs)
  })

  test('give memory back after a burst', () => {
    const seen = new SeenIds()
    for (let id = 0; id < 100_000; id++) seen.add(idOf(id), START_MS, START_MS)
    const burst = seen.bytes
    for (let id = 100_000; id < 300_000; id++) {
      const timeMs = START_MS + id * 1000
      seen.add(idOf(id), timeMs, timeMs - 600_000)
    }
    expect(seen.bytes).toBeLessThan(burst / 10)
  })
})
