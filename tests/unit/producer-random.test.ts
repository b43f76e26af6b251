import { describe, expect, test } from 'vitest'
import { createRandom } from '../../producer/random.ts'

const draw = (seed: number, stream: number, count: number): number[] => {
  const random = createRandom(seed, stream)
  return Array.from({ length: count }, () => random.unit())
}

describe('random numbers', () => {
  test('are the same for the same seed and stream', () => {
    expect(draw(7, 3, 100)).toEqual(draw(7, 3, 100))
  })

  test.each([
    ['seed', 8, 3],
    ['stream', 7, 4],
    ['seed and stream, swapped', 3, 7],
  ])('differ for another %s', (_, seed, stream) => {
    const known = new Set(draw(7, 3, 100))
    expect(draw(seed, stream, 100).filter((value) => known.has(value))).toEqual([])
  })

  test('are those of sfc32, so that a seed means the same on every machine', () => {
    const words = draw(1, 2, 3).map((value) => value * 2 ** 32)
    expect(words).toEqual([61101710, 3916794307, 919126261])
  })

  test('reach every whole number below the bound about equally often', () => {
    const random = createRandom(7, 0)
    const counts = new Array<number>(10).fill(0)
    for (let index = 0; index < 100_000; index++) counts[random.below(10)]! += 1
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })
})
