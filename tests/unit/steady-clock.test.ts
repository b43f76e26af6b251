import { expect, test } from 'vitest'
import { steadyClock } from '../../consumer/steady-clock.ts'

/** A machine's two clocks, and the steady one made of them. */
function clocks() {
  const machine = { wallMs: 1_000_000, monotonicMs: 50 }
  const now = steadyClock(
    () => machine.wallMs,
    () => machine.monotonicMs,
  )
  return { machine, now }
}

test('it begins at the time of the wall clock', () => {
  expect(clocks().now()).toBe(1_000_000)
})

test.each([
  ['both clocks go on', { wallMs: 5_000, monotonicMs: 5_000 }, 5_000],
  ['the machine was suspended: only the wall clock knows', { wallMs: 3_600_000, monotonicMs: 10 }, 3_600_000],
  ['the wall clock was set forward', { wallMs: 86_400_000, monotonicMs: 1_000 }, 86_400_000],
  ['the wall clock was set back', { wallMs: -86_400_000, monotonicMs: 1_000 }, 1_000],
  ['the wall clock stands', { wallMs: 0, monotonicMs: 1_000 }, 1_000],
  ['nothing happened', { wallMs: 0, monotonicMs: 0 }, 0],
])('%s', (_, passed, expectedMs) => {
  const { machine, now } = clocks()
  const beforeMs = now()
  machine.wallMs += passed.wallMs
  machine.monotonicMs += passed.monotonicMs
  expect(now() - beforeMs).toBe(expectedMs)
})

test('what the wall clock lost when it was set back is not made up for when it is set right', () => {
  const { machine, now } = clocks()
  const beforeMs = now()
  machine.wallMs -= 600_000
  machine.monotonicMs += 1_000
  expect(now() - beforeMs).toBe(1_000)
  machine.wallMs += 600_000 + 2_000
  machine.monotonicMs += 1_000
  expect(now() - beforeMs).toBe(2_000)
})

test('it never goes back while the wall clock jumps to and fro', () => {
  const { machine, now } = clocks()
  let beforeMs = now()
  for (const jumpMs of [500, -70_000, 3, -1, 90_000, -90_000, 0, 12]) {
    machine.wallMs += jumpMs
    machine.monotonicMs += 1
    const nowMs = now()
    expect(nowMs).toBeGreaterThan(beforeMs)
    beforeMs = nowMs
  }
})
