import { expect, test } from 'vitest'
import { SpokenFault } from '../../consumer/spoken-fault.ts'

function aFault(): { fault: SpokenFault; pass: (ms: number) => void } {
  let nowMs = 5_000
  return {
    fault: new SpokenFault(() => nowMs),
    pass(ms) {
      nowMs += ms
    },
  }
}

test('a fault is said when it is new, when it is another one, and once a minute while it goes on', () => {
  const { fault, pass } = aFault()
  expect(fault.met(new Error('no broker'))).toBe(true)
  pass(59_999)
  expect(fault.met(new Error('no broker'))).toBe(false)
  pass(1)
  expect(fault.met(new Error('no broker'))).toBe(true)
  expect(fault.met('no topic')).toBe(true)
  expect(fault.text).toBe('no topic')
})

test('it lasts from the first time until it is over, whatever it was called meanwhile', () => {
  const { fault, pass } = aFault()
  expect(fault.lastsMs).toBe(0)
  fault.met('no broker')
  pass(3_000)
  fault.met('no topic')
  pass(2_000)
  expect(fault.lastsMs).toBe(5_000)
  fault.over()
  expect([fault.lastsMs, fault.text]).toStrictEqual([0, undefined])
  expect(fault.met('no topic')).toBe(true)
  expect(fault.lastsMs).toBe(0)
})
