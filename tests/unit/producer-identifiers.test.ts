import { describe, expect, test } from 'vitest'
import { createIdentifiers } from '../../producer/journeys/identifiers.ts'

describe('identifiers', () => {
  test('an event id is a UUID that spells out seed, run and count', () => {
    const identifiers = createIdentifiers({ seed: 0xcafe, run: 0x12345 })
    expect(identifiers.nextEventId()).toBe('0000cafe-0012-8345-8000-000000000001')
    expect(identifiers.nextEventId()).toBe('0000cafe-0012-8345-8000-000000000002')
  })

  test('event ids go on counting where their lowest digits begin again', () => {
    const identifiers = createIdentifiers({ seed: 7, run: 0 })
    const ids = Array.from({ length: 3 * 4096 + 1 }, () => identifiers.nextEventId())
    expect(ids[4094]).toBe('00000007-0000-8000-8000-000000000fff')
    expect(ids[4095]).toBe('00000007-0000-8000-8000-000000001000')
    expect(ids.at(-1)).toBe('00000007-0000-8000-8000-000000003001')
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('a session id spells out run and count', () => {
    const identifiers = createIdentifiers({ seed: 7, run: 3 })
    expect(identifiers.nextSessionId()).toBe(30_000_000_001)
    expect(identifiers.nextSessionId()).toBe(30_000_000_002)
  })

  test('the largest seed and run still fit their digits, and the session id is exact', () => {
    const identifiers = createIdentifiers({ seed: 4_294_967_295, run: 900_718 })
    expect(identifiers.nextEventId()).toBe('ffffffff-00db-8e6e-8000-000000000001')
    expect(Number.isSafeInteger(identifiers.nextSessionId() + 1e10)).toBe(true)
  })

  test.each([
    ['seed', -1, 0],
    ['seed', 4_294_967_296, 0],
    ['seed', 1.5, 0],
    ['run', 0, -1],
    ['run', 0, 900_719],
    ['run', 0, Number.NaN],
  ])('a %s that does not fit is refused by name (seed %d, run %d)', (name, seed, run) => {
    expect(() => createIdentifiers({ seed, run })).toThrow(new RegExp(`^${name} must be a whole number from 0 to`))
  })
})
