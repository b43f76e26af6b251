import { expect, test } from 'vitest'
import { Progress } from '../../producer/progress.ts'

function watched() {
  const told: string[] = []
  const state = { produced: 0, nowMs: 0 }
  const progress = new Progress({
    produced: () => state.produced,
    steadyNow: () => state.nowMs,
    onTrouble: (error) => told.push(String(error)),
    onRecovered: (failedAttempts) => told.push(`recovered after ${failedAttempts}`),
  })
  return { state, told, progress }
}

const AWAY = new Error('no broker')
const MISSING = new Error('no topic')

test('a line tells the events so far, the rate since the line before, and what failed', () => {
  const { state, progress } = watched()
  state.nowMs = 5_000
  state.produced = 1_000
  expect(progress.line()).toBe('1,000 events, 200.0 a second, 0 failed attempts')
  state.nowMs = 7_500
  state.produced = 1_100
  progress.failed(AWAY)
  expect(progress.line()).toBe('1,100 events, 40.0 a second, 1 failed attempt')
  state.nowMs = 8_000
  progress.failed(AWAY)
  expect(progress.line()).toBe('1,100 events, 0.0 a second, 2 failed attempts')
})

test('a line right after another has no rate to tell', () => {
  const { progress } = watched()
  expect(progress.line()).toBe('0 events, 0.0 a second, 0 failed attempts')
})

test('a fault is said when it begins, when it is another one, and after a minute', () => {
  const { state, told, progress } = watched()
  for (const [atMs, fault] of [
    [0, AWAY],
    [59_999, AWAY],
    [60_000, AWAY],
    [61_000, MISSING],
    [62_000, AWAY],
    [63_000, AWAY],
  ] as const) {
    state.nowMs = atMs
    progress.failed(fault)
  }
  expect(told).toEqual([AWAY, AWAY, MISSING, AWAY].map(String))
})

test('recovering is said once, with how long it took, and the next fault is new', () => {
  const { told, progress } = watched()
  progress.succeeded()
  progress.failed(AWAY)
  progress.failed(AWAY)
  progress.succeeded()
  progress.succeeded()
  progress.failed(AWAY)
  progress.succeeded()
  expect(told).toEqual([String(AWAY), 'recovered after 2', String(AWAY), 'recovered after 1'])
})
