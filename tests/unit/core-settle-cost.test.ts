import { afterEach, describe, expect, test, vi } from 'vitest'
import { DecodedEvent } from '../../consumer/contract/validate.ts'
import { DueHeap } from '../../consumer/core/due-heap.ts'
import { type Settled, sessionize, settle } from '../../consumer/core/sessionize.ts'
import { SessionTable } from '../../consumer/core/sessions.ts'

const USERS = 200_000
const GAP_MS = 1_800_000
const START_MS = Date.UTC(2024, 4, 1, 9)

const event = new DecodedEvent()
const take = (sessions: SessionTable, user: number, timeMs: number): void => {
  event.key.lo = Math.imul(user, 0x9e3779b1)
  event.key.hi = user
  event.timeMs = timeMs
  sessionize(sessions, { sessionGapMs: GAP_MS }, event, 0, 0, () => false)
}

/** Counts what the watermark did. */
function counting(): Settled & { calls: number } {
  const count = (): void => {
    settled.calls++
  }
  const settled = { calls: 0, started: count, openForADay: count, closed: count }
  return settled
}

function heapSteps(): { count: number } {
  const steps = { count: 0 }
  for (const step of ['push', 'hasten', 'postponeTop', 'remove'] as const) {
    const real = DueHeap.prototype[step] as (...words: number[]) => void
    vi.spyOn(DueHeap.prototype, step).mockImplementation(function (this: DueHeap, ...words: number[]) {
      steps.count++
      real.apply(this, words)
    })
  }
  return steps
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe(`with ${USERS} open sessions`, () => {
  const sessions = new SessionTable()
  const settled = counting()
  for (let user = 0; user < USERS; user++) {
    take(sessions, user, START_MS + user)
    settle(sessions, { sessionGapMs: GAP_MS }, START_MS, settled)
  }

  test('a record of a known user takes no step in the heap while nothing is due', () => {
    expect(sessions.open).toBe(USERS)
    const steps = heapSteps()
    const before = settled.calls
    for (let user = 0; user < 1000; user++) {
      take(sessions, user * 7, START_MS + USERS + user)
      settle(sessions, { sessionGapMs: GAP_MS }, START_MS, settled)
    }
    expect(steps.count).toBe(0)
    expect(settled.calls).toBe(before)
  })

  test('a watermark that moves on by a millisecond touches the sessions of that millisecond alone', () => {
    const steps = heapSteps()
    for (let ms = 1; ms <= 1000; ms++) {
      const before = settled.calls
      settle(sessions, { sessionGapMs: GAP_MS }, START_MS + ms, settled)
      expect(settled.calls - before).toBe(1)
    }
    expect(steps.count).toBeLessThanOrEqual(2 * 1000)
  })

  test('a session costs a handful of heap steps from its first event to its close, however often it grew', () => {
    const steps = heapSteps()
    let records = 0
    for (let round = 1; round <= 5; round++) {
      for (let user = 0; user < USERS; user += 10) {
        take(sessions, user, START_MS + USERS + round * 60_000)
        settle(sessions, { sessionGapMs: GAP_MS }, START_MS + 1000, settled)
        records++
      }
    }
    expect(records).toBe(100_000)
    expect(steps.count).toBe(0)
    settle(sessions, { sessionGapMs: GAP_MS }, START_MS + 100 * GAP_MS, settled)
    expect(sessions.open).toBe(0)
    expect(settled.calls).toBe(2 * USERS)
    expect(steps.count).toBeLessThanOrEqual(4 * USERS)
  })
})
