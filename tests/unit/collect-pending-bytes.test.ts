import { describe, expect, test } from 'vitest'
import { PendingBytes } from '../../producer/collect/pending-bytes.ts'

const OVERLOADED = { status: 503, reason: 'overloaded', retryAfterSeconds: 1 }
const OVER_SHARE = { status: 429, reason: 'client_over_share', retryAfterSeconds: 1 }

describe('what requests hold', () => {
  test('is the sum of what they took and did not give back', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    const first = pending.reserve('ann')
    const second = pending.reserve('bob')
    first.grow(10)
    first.grow(5)
    second.grow(20)
    expect(pending.bytes).toBe(35)
    first.release()
    expect(pending.bytes).toBe(20)
    second.release()
    expect(pending.bytes).toBe(0)
  })

  test('is given back once, however often it is released', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    const first = pending.reserve('ann')
    const second = pending.reserve('ann')
    first.grow(10)
    second.grow(20)
    first.release()
    first.release()
    expect(pending.bytes).toBe(20)
  })

  test('cannot be more after it was given back: nobody would give that back', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    const reservation = pending.reserve('ann')
    reservation.release()
    expect(() => reservation.grow(1)).toThrow('released')
    expect(pending.bytes).toBe(0)
  })
})

describe('one client', () => {
  test('may hold half, over all its requests, and no byte more', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    const first = pending.reserve('ann')
    const second = pending.reserve('ann')
    first.grow(30)
    second.grow(20)
    expect(() => second.grow(1)).toThrow(expect.objectContaining(OVER_SHARE))
    expect(() => first.grow(1)).toThrow(expect.objectContaining(OVER_SHARE))
    expect(pending.bytes).toBe(50)
  })

  test('over its share leaves the other half to the others', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    pending.reserve('ann').grow(50)
    pending.reserve('bob').grow(50)
    expect(pending.bytes).toBe(100)
  })

  test('goes on holding what its other requests took when one of them ends', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    const first = pending.reserve('ann')
    const second = pending.reserve('ann')
    first.grow(30)
    second.grow(20)
    first.release()
    second.grow(30)
    expect(() => second.grow(1)).toThrow(expect.objectContaining(OVER_SHARE))
  })

  test('has its whole share again after its requests ended', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    const requests = [1, 2, 3].map(() => pending.reserve('ann'))
    for (const request of requests) request.grow(10)
    for (const request of requests) request.release()
    pending.reserve('ann').grow(50)
    expect(pending.bytes).toBe(50)
  })
})

describe('all clients together', () => {
  test('hold what is allowed, and no byte more', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    for (const client of ['ann', 'bob', 'cy']) pending.reserve(client).grow(33)
    const late = pending.reserve('dan')
    late.grow(1)
    expect(() => late.grow(1)).toThrow(expect.objectContaining(OVERLOADED))
    expect(pending.bytes).toBe(100)
  })

  test('are taken again as soon as one gives something back', () => {
    const pending = new PendingBytes({ mostBytes: 100 })
    const first = pending.reserve('ann')
    first.grow(50)
    pending.reserve('bob').grow(50)
    const late = pending.reserve('cy')
    expect(() => late.grow(10)).toThrow(expect.objectContaining(OVERLOADED))
    first.release()
    late.grow(10)
    expect(pending.bytes).toBe(60)
  })
})

test('what was refused is not held, and its request gives back only what it took', () => {
  const pending = new PendingBytes({ mostBytes: 100 })
  const reservation = pending.reserve('ann')
  reservation.grow(40)
  expect(() => reservation.grow(11)).toThrow()
  reservation.release()
  expect(pending.bytes).toBe(0)
})
