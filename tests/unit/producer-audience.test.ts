import { describe, expect, test } from 'vitest'
import { type Audience, createAudience, SHORTEST_ABSENCE_MS } from '../../producer/journeys/audience.ts'
import { createRandom } from '../../producer/random.ts'

const anAudience = (size: number): Audience =>
  createAudience({ size, returningPercent: 30, random: createRandom(7, 0) })
const arrivals = (audience: Audience, count: number, timeMs: number): number[] =>
  Array.from({ length: count }, () => audience.arrive(timeMs))

describe('audience', () => {
  test('everybody comes once before anybody new is added', () => {
    const people = arrivals(anAudience(100), 100, 0)
    expect(people.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, person) => person))
  })

  test('grows when all its people are on the site', () => {
    const audience = anAudience(3)
    expect(new Set(arrivals(audience, 10, 0)).size).toBe(10)
  })

  test('somebody away for the shortest absence returns, a millisecond earlier not', () => {
    const audience = anAudience(1)
    const person = audience.arrive(0)
    audience.depart(person, 1000)
    expect(audience.arrive(1000 + SHORTEST_ABSENCE_MS - 1)).not.toBe(person)
    expect(audience.arrive(1000 + SHORTEST_ABSENCE_MS)).toBe(person)
  })

  test.each([
    [0, 0],
    [30, 30],
    [100, 100],
  ])('with %d percent returning, so many of the arrivals were here before', (returningPercent, percent) => {
    const audience = createAudience({ size: 1_000_000, returningPercent, random: createRandom(7, 0) })
    for (const person of arrivals(audience, 20_000, 0)) audience.depart(person, 0)
    const later = arrivals(audience, 10_000, SHORTEST_ABSENCE_MS)
    const known = new Set(
      arrivals(createAudience({ size: 1_000_000, returningPercent, random: createRandom(7, 0) }), 20_000, 0),
    )
    expect(Math.abs(later.filter((person) => known.has(person)).length / 100 - percent)).toBeLessThan(2)
  })

  test('nobody is lost or doubled, however many come and go', () => {
    const audience = anAudience(5000)
    const everybody = new Set(arrivals(audience, 5000, 0))
    let onSite = everybody
    for (let visit = 1; visit <= 5; visit++) {
      for (const person of onSite) audience.depart(person, visit * SHORTEST_ABSENCE_MS)
      onSite = new Set(arrivals(audience, 5000, (visit + 1) * SHORTEST_ABSENCE_MS))
      expect(onSite).toEqual(everybody)
    }
  })
})
