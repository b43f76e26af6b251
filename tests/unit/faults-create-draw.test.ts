import { describe, expect, test } from 'vitest'
import { type Disorder, type Disorders, NO_DISORDER, SENDING_DISORDERS } from '../../consumer/settings/disorders.ts'
import { createDraw } from '../../producer/faults/create-draw.ts'
import { createRandom, type Random } from '../../producer/random.ts'
import { bounds } from './faults-sent.ts'

const only = (shares: Partial<Disorders>): Disorders => ({ ...NO_DISORDER, ...shares })

/** Counts how often a number is drawn. */
function countedRandom(): Random & { draws: number } {
  const random = createRandom(1, 2)
  return {
    draws: 0,
    below: () => {
      throw new Error('only unit is asked for')
    },
    unit() {
      this.draws += 1
      return random.unit()
    },
  }
}

describe('a draw among the kinds', () => {
  test('takes nothing from the random numbers while every probability is 0', () => {
    const random = countedRandom()
    const draw = createDraw(SENDING_DISORDERS, random)
    for (let index = 0; index < 100; index++) expect(draw(only({ late: 1 }))).toBeUndefined()
    expect(random.draws).toBe(0)
  })

  test('takes a single number, however many kinds there are', () => {
    const random = countedRandom()
    const draw = createDraw(SENDING_DISORDERS, random)
    for (let index = 0; index < 100; index++) draw(only({ duplicate: 0.1, out_of_order: 0.1, truncated: 0.1 }))
    expect(random.draws).toBe(100)
  })

  test.each(SENDING_DISORDERS)('of which %s alone is certain always gives it', (kind) => {
    const draw = createDraw(SENDING_DISORDERS, createRandom(1, 2))
    for (let index = 0; index < 1000; index++) expect(draw(only({ [kind]: 1 }))).toBe(kind)
  })

  test('gives each kind its share, and nothing else the rest', () => {
    const shares = { duplicate: 0.3, delayed_duplicate: 0.05, bad_json: 0.2, truncated: 0.01 }
    const draw = createDraw(SENDING_DISORDERS, createRandom(1, 2))
    const disorder = only(shares)
    const hits = new Map<Disorder | undefined, number>()
    for (let index = 0; index < 100_000; index++) {
      const kind = draw(disorder)
      hits.set(kind, (hits.get(kind) ?? 0) + 1)
    }
    expect([...hits.keys()].sort()).toStrictEqual([...Object.keys(shares), undefined].sort())
    for (const [kind, share] of [...Object.entries(shares), [undefined, 0.44] as const]) {
      const [least, most] = bounds(share, 100_000)
      expect(hits.get(kind as Disorder | undefined)! / 100_000).toBeGreaterThan(least)
      expect(hits.get(kind as Disorder | undefined)! / 100_000).toBeLessThan(most)
    }
  })

  test('never gives a kind of share 0, not even for the lowest number there is', () => {
    const draw = createDraw(SENDING_DISORDERS, { below: () => 0, unit: () => 0 })
    expect(draw(only({ truncated: 0.1 }))).toBe('truncated')
  })

  test('follows the probabilities when they change', () => {
    const draw = createDraw(SENDING_DISORDERS, createRandom(1, 2))
    const given = [{ duplicate: 1 }, {}, { truncated: 1 }, { duplicate: 1 }].map((shares) => draw(only(shares)))
    expect(given).toStrictEqual(['duplicate', undefined, 'truncated', 'duplicate'])
  })
})
