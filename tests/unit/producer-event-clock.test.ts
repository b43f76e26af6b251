import { describe, expect, test } from 'vitest'
import { RefusedSettings } from '../../consumer/settings/fault.ts'
import { eventClock } from '../../producer/event-clock.ts'

const at = (text: string): number => Date.parse(`2026-03-01T${text}Z`)
const HOUR_MS = 3_600_000

const clock = (words: { speed?: number; fromMs?: number; durationMs?: number }) =>
  eventClock({ speed: 1, fromMs: undefined, durationMs: undefined, ...words }, at('12:00:00'))

describe('event time', () => {
  test('is the present where nothing else is said', () => {
    const { startMs, at: eventTimeAt } = clock({})
    expect([startMs, eventTimeAt(at('12:00:00')), eventTimeAt(at('13:00:00'))]).toEqual([
      at('12:00:00'),
      at('12:00:00'),
      at('13:00:00'),
    ])
  })

  test('at a speed begins so far back that it reaches the present at the end of the duration', () => {
    const { startMs, at: eventTimeAt } = clock({ speed: 60, durationMs: 60_000 })
    expect(startMs).toBe(at('12:00:00') - 59 * 60_000)
    expect(eventTimeAt(at('12:00:30'))).toBe(startMs + 30 * 60_000)
    expect(eventTimeAt(at('12:00:59'))).toBeLessThan(at('12:00:59'))
    expect(eventTimeAt(at('12:01:00'))).toBe(at('12:01:00'))
  })

  test('at a speed without a duration begins a day back, and goes on in real time from the present on', () => {
    const { startMs, at: eventTimeAt } = clock({ speed: 25 })
    expect(startMs).toBe(at('12:00:00') - 24 * HOUR_MS)
    expect(eventTimeAt(at('12:30:00'))).toBe(startMs + 12.5 * HOUR_MS)
    for (const time of ['13:00:00', '13:00:01', '23:00:00']) expect(eventTimeAt(at(time))).toBe(at(time))
  })

  test('begins where it is told to, at any speed', () => {
    expect(clock({ speed: 60, fromMs: at('00:00:00') }).at(at('12:01:00'))).toBe(at('01:00:00'))
    expect(clock({ fromMs: at('00:00:00') }).at(at('12:01:00'))).toBe(at('00:01:00'))
  })

  test('is whole milliseconds', () => {
    const { startMs, at: eventTimeAt } = clock({ speed: 1.7, fromMs: at('00:00:00') })
    expect(eventTimeAt(at('12:00:00') + 1.5)).toBe(startMs + 2)
  })

  test('cannot begin in the future', () => {
    const begin = (): unknown => clock({ fromMs: at('12:00:01') })
    expect(begin).toThrow(RefusedSettings)
    expect(begin).toThrow('from: "2026-03-01T12:00:01.000Z": lies in the future, write a time that has passed')
  })
})
