import { describe, expect, test } from 'vitest'
import { type Action, actionText, drawSchedule, type Schedule } from '../torture/schedule.ts'

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed + 1)
const schedules = SEEDS.map((seed) => drawSchedule({ seed, actions: 36 }))

const kindsOf = ({ actions }: Schedule): string[] => actions.map(({ kind }) => kind)

/** Follows the consumers of a schedule: those that run before each action, with the time from which each is free. */
function* before({ first, actions }: Schedule): Generator<[action: Action, running: Map<string, number>]> {
  const running = new Map(first.map((name) => [name, 0]))
  for (const action of actions) {
    yield [action, new Map(running)]
    if (action.kind === 'kill' || action.kind === 'stop') running.delete(action.target)
    if (action.kind === 'kill') running.set(action.successor, action.atMs + action.afterMs)
    if (action.kind === 'add') running.set(action.newcomer, action.atMs)
    if (action.kind === 'stall') running.set(action.target, action.atMs + action.forMs)
  }
}

test('the same seed and number of actions draw the same schedule, another seed another one', () => {
  expect(drawSchedule({ seed: 4, actions: 36 })).toStrictEqual(schedules[3])
  expect(new Set(schedules.map(({ actions }) => actions.map(actionText).join())).size).toBe(SEEDS.length)
})

describe('every schedule', () => {
  test('has all its actions, one after the other, two of them kills of the broker', () => {
    for (const { actions, endMs } of schedules) {
      expect(actions).toHaveLength(36)
      expect(actions.filter(({ kind }) => kind === 'broker')).toHaveLength(2)
      const times = actions.map(({ atMs }) => atMs)
      expect(times).toStrictEqual(times.toSorted((a, b) => a - b))
      expect(endMs).toBeGreaterThan(times.at(-1)!)
    }
  })

  test('does everything that there is to do', () => {
    for (const schedule of schedules) {
      expect(new Set(kindsOf(schedule))).toStrictEqual(new Set(['kill', 'stop', 'stall', 'add', 'broker']))
    }
  })

  test('keeps two or three consumers, and does nothing to one that is not there, or stalled', () => {
    for (const schedule of schedules) {
      for (const [action, running] of before(schedule)) {
        expect([2, 3]).toContain(running.size)
        if ('target' in action) expect(running.get(action.target)).toBeLessThanOrEqual(action.atMs)
      }
    }
  })

  test('stops nobody while the broker is away', () => {
    for (const { actions } of schedules) {
      const kills = actions.filter((action) => action.kind === 'broker')
      const stops = actions.filter(({ kind }) => kind === 'stop')
      for (const { atMs, downMs } of kills) {
        expect(stops.filter((stop) => stop.atMs >= atMs && stop.atMs <= atMs + downMs)).toStrictEqual([])
      }
    }
  })
})

test.each([
  [
    { atMs: 12_340, kind: 'kill', target: 'c1', successor: 'c4', afterMs: 500 },
    '12.3 s  kill    c1, c4 takes its place after 0.5 s',
  ],
  [{ atMs: 5_000, kind: 'stop', target: 'c2' }, '5.0 s  stop    c2'],
  [{ atMs: 5_000, kind: 'stall', target: 'c2', forMs: 8_000 }, '5.0 s  stall   c2 for 8.0 s'],
  [{ atMs: 5_000, kind: 'add', newcomer: 'c9' }, '5.0 s  add     c9'],
  [{ atMs: 5_000, kind: 'broker', downMs: 9_100 }, '5.0 s  broker  killed, down for 9.1 s'],
] as const)('an action is one line: %o', (action, line) => {
  expect(actionText(action).trim()).toBe(line)
})
