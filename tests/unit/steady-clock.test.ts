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

test('what the wall clock lost when it was set back is not made up for by itself', () => {
  const { machine, now } = clocks()
  const beforeMs = now()
  machine.wallMs -= 600_000
  machine.monotonicMs += 1_000
  expect(now() - beforeMs).toBe(1_000)
  machine.wallMs += 2_000
  machine.monotonicMs += 2_000
  expect(now() - beforeMs).toBe(3_000)
})

test('time spent suspended counts after the wall clock was set back, too', () => {
  const { machine, now } = clocks()
  now()
  machine.wallMs -= 600_000
  const beforeMs = now()
  machine.wallMs += 300_000
  expect(now() - beforeMs).toBe(300_000)
})

test('a process frozen between its looks at the two clocks still counts the time spent suspended after that', () => {
  const machine = { wallMs: 1_000_000, monotonicMs: 50, frozenMs: 0 }
  const pass = (ms: number): void => {
    machine.wallMs += ms
    machine.monotonicMs += ms
  }
  const now = steadyClock(
    () => machine.wallMs,
    () => {
      const { monotonicMs } = machine
      pass(machine.frozenMs)
      return monotonicMs
    },
  )
  now()
  machine.frozenMs = 60_000
  now()
  machine.frozenMs = 0
  const beforeMs = now()
  machine.wallMs += 30_000
  expect(now() - beforeMs).toBe(30_000)
})

test('clocks that are read a few milliseconds apart do not make it run faster', () => {
  const { machine, now } = clocks()
  const beforeMs = now()
  for (let reading = 0; reading < 1_000; reading++) {
    machine.wallMs += reading % 2 === 0 ? 12 : -10
    machine.monotonicMs += 1
    now()
  }
  expect(now() - beforeMs).toBeLessThan(1_000 + 12)
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
