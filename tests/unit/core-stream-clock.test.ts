import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Hash64 } from '../../consumer/contract/hash.ts'
import {
  advance,
  newStreamClock,
  observe,
  type StreamClock,
  type TimeOptions,
} from '../../consumer/core/stream-clock.ts'
import { at } from '../builders.ts'
import { runs } from '../property/runs.ts'

const options: TimeOptions = {
  allowedLatenessMs: 600_000,
  futureToleranceMs: 300_000,
  aheadLimitMs: 300_000,
  aheadUsers: 3,
}

function user(name: string): Hash64 {
  const hash = new Hash64()
  hash.of(new TextEncoder().encode(name), 0, name.length)
  return hash
}

interface Seen {
  at: string
  by?: string
  /** Log time; the event time unless given. */
  logged?: string
  appendTime?: boolean
}

/** The clock after the events; the log's time is the client's word unless said otherwise. */
function clockAfter(events: readonly Seen[], changed: Partial<TimeOptions> = {}): StreamClock {
  const clock = newStreamClock()
  for (const { at: time, by = 'ann', logged = time, appendTime = false } of events) {
    observe(clock, { ...options, ...changed }, at(time), at(logged), appendTime, user(by))
  }
  return clock
}

const streamTime = (events: readonly Seen[], changed?: Partial<TimeOptions>): number =>
  clockAfter(events, changed).streamTimeMs

describe('stream time', () => {
  test('has not begun before the first event, and the first is believed whatever it says', () => {
    expect(newStreamClock().streamTimeMs).toBe(Number.NEGATIVE_INFINITY)
    expect(streamTime([{ at: '23:00:00' }])).toBe(at('23:00:00'))
  })

  test('is the highest event time, out of order or not', () => {
    expect(streamTime([{ at: '09:00:00' }, { at: '09:02:00' }, { at: '09:01:00' }])).toBe(at('09:02:00'))
  })

  test('moves no further than the log time', () => {
    expect(streamTime([{ at: '09:00:00' }, { at: '09:02:00', logged: '09:01:00' }])).toBe(at('09:01:00'))
    expect(streamTime([{ at: '09:04:00', logged: '09:00:00' }])).toBe(at('09:00:00'))
  })

  test('follows one user by exactly the limit and no millisecond more', () => {
    expect(streamTime([{ at: '09:00:00' }, { at: '09:05:00' }])).toBe(at('09:05:00'))
    expect(streamTime([{ at: '09:00:00' }, { at: '09:05:00.001' }])).toBe(at('09:00:00'))
  })

  test('follows three distinct users who are ahead, to the least of their times', () => {
    const ahead = [
      { at: '09:00:00' },
      { at: '11:00:00', by: 'ben' },
      { at: '12:00:00', by: 'cem' },
      { at: '10:00:00', by: 'dan' },
    ]
    expect(streamTime(ahead.slice(0, 3))).toBe(at('09:00:00'))
    expect(streamTime(ahead)).toBe(at('10:00:00'))
  })

  test('does not follow the same user however often, whose furthest time is kept', () => {
    const thrice = [
      { at: '09:00:00' },
      ...['11:00:00', '12:00:00', '10:00:00'].map((time) => ({ at: time, by: 'ben' })),
    ]
    const clock = clockAfter(thrice)
    expect(clock.streamTimeMs).toBe(at('09:00:00'))
    expect(clock.ahead.map(({ timeMs }) => timeMs)).toStrictEqual([at('12:00:00')])
  })

  test('keeps those who are still far ahead after the move, and needs as many again', () => {
    const events = [
      { at: '09:00:00' },
      { at: '20:00:00', by: 'ben' },
      { at: '21:00:00', by: 'cem' },
      { at: '10:00:00', by: 'dan' },
    ]
    expect(clockAfter(events).ahead.map(({ timeMs }) => timeMs)).toStrictEqual([at('20:00:00'), at('21:00:00')])
    expect(streamTime([...events, { at: '19:00:00', by: 'eve' }])).toBe(at('19:00:00'))
  })

  test('forgets who was ahead once the others have caught up to within the limit', () => {
    const walk = Array.from({ length: 12 }, (_, step) => ({ at: `09:${String(step * 5).padStart(2, '0')}:00` }))
    const clock = clockAfter([walk[0]!, { at: '09:20:00', by: 'ben' }, { at: '10:30:00', by: 'cem' }, ...walk.slice(1)])
    expect(clock.streamTimeMs).toBe(at('09:55:00'))
    expect(clock.ahead.map(({ timeMs }) => timeMs)).toStrictEqual([at('10:30:00')])
  })

  test('prunes at exactly the limit', () => {
    const one = clockAfter([{ at: '09:00:00' }, { at: '09:10:00', by: 'ben' }, { at: '09:05:00' }])
    expect(one.ahead).toStrictEqual([])
    const other = clockAfter([{ at: '09:00:00' }, { at: '09:10:00', by: 'ben' }, { at: '09:04:59.999' }])
    expect(other.ahead).toHaveLength(1)
  })

  test('with one user enough follows whoever is furthest', () => {
    expect(streamTime([{ at: '09:00:00' }, { at: '23:00:00' }], { aheadUsers: 1 })).toBe(at('23:00:00'))
  })

  test('remembers fewer users ahead than it takes to move', () => {
    const crowd = Array.from({ length: 50 }, (_, index) => ({ at: `${10 + (index % 10)}:00:00`, by: `user-${index}` }))
    expect(clockAfter([{ at: '09:00:00' }, ...crowd]).ahead.length).toBeLessThan(options.aheadUsers)
  })
})

describe('time that passed in the log', () => {
  const night = (appendTime: boolean, logged: string, time = logged): number =>
    streamTime([
      { at: '02:00:00', appendTime },
      { at: time, logged, appendTime },
    ])

  test('is believed beside the limit where the log itself stamps it', () => {
    expect(night(true, '08:00:00')).toBe(at('08:00:00'))
  })

  test('is not believed where it is the client’s word', () => {
    expect(night(false, '08:00:00')).toBe(at('02:00:00'))
  })

  test('counts from the last move, not from the last record', () => {
    const events = [
      { at: '02:00:00', appendTime: true },
      { at: '01:00:00', logged: '07:59:00', appendTime: true },
      { at: '08:00:00', appendTime: true },
    ]
    expect(streamTime(events)).toBe(at('08:00:00'))
  })

  test('is exactly what passed: stream time behind the log stays guarded', () => {
    const replay = (time: string): number =>
      streamTime([
        { at: '02:00:00', logged: '12:00:00', appendTime: true },
        { at: time, logged: '12:10:00', appendTime: true },
      ])
    expect(replay('02:15:00')).toBe(at('02:15:00'))
    expect(replay('02:15:00.001')).toBe(at('02:00:00'))
  })

  test('counts from the log time of the last move also when log time went back', () => {
    const events = [
      { at: '09:00:00', logged: '12:00:00', appendTime: true },
      { at: '09:05:00', logged: '11:00:00', appendTime: true },
      { at: '09:40:00', logged: '11:30:00', appendTime: true },
    ]
    expect(streamTime(events)).toBe(at('09:40:00'))
  })

  test('never shrinks the limit when log time goes back', () => {
    const events = [
      { at: '09:00:00', logged: '12:00:00', appendTime: true },
      { at: '09:05:00', logged: '11:00:00', appendTime: true },
    ]
    expect(streamTime(events)).toBe(at('09:05:00'))
  })
})

describe('idle advance', () => {
  test('moves stream time, the watermark and the log’s time by as much', () => {
    const clock = clockAfter([{ at: '09:00:00', logged: '12:00:00' }])
    advance(clock, options, at('09:30:00'))
    expect(clock.streamTimeMs).toBe(at('09:30:00'))
    expect(clock.watermarkMs).toBe(at('09:20:00'))
    expect(clock.movedAtLogTimeMs).toBe(at('12:30:00'))
  })

  test('leaves no allowance for the time it has already taken', () => {
    const clock = clockAfter([{ at: '09:00:00' }])
    advance(clock, options, at('10:00:00'))
    observe(clock, options, at('10:05:00.001'), at('10:05:00.001') - 300_001, true, user('ann'))
    observe(clock, options, at('10:06:00'), at('10:06:00'), true, user('ann'))
    expect(clock.streamTimeMs).toBe(at('10:06:00'))
    observe(clock, options, at('11:06:00'), at('11:01:00'), true, user('ann'))
    expect(clock.streamTimeMs).toBe(at('11:01:00'))
  })

  test('to an earlier or the same time changes nothing', () => {
    const clock = clockAfter([{ at: '09:00:00' }, { at: '11:00:00', by: 'ben' }])
    const before = structuredClone(clock)
    advance(clock, options, at('09:00:00'))
    advance(clock, options, at('08:00:00'))
    expect(clock).toStrictEqual(before)
  })

  test('forgets the users it has caught up with', () => {
    const clock = clockAfter([{ at: '09:00:00' }, { at: '11:00:00', by: 'ben' }])
    advance(clock, options, at('10:55:00'))
    expect(clock.ahead).toStrictEqual([])
  })
})

describe('the watermark', () => {
  test('is stream time minus the allowed lateness', () => {
    expect(clockAfter([{ at: '09:00:00' }]).watermarkMs).toBe(at('08:50:00'))
    expect(clockAfter([{ at: '09:00:00' }], { allowedLatenessMs: 0 }).watermarkMs).toBe(at('09:00:00'))
  })

  test('never begins when no event is ever late', () => {
    const clock = clockAfter([{ at: '09:00:00' }, { at: '09:05:00' }], { allowedLatenessMs: Number.POSITIVE_INFINITY })
    expect(clock.watermarkMs).toBe(Number.NEGATIVE_INFINITY)
  })

  test('stays where it is while a larger lateness would put it further back', () => {
    const clock = clockAfter([{ at: '09:00:00' }])
    observe(clock, { ...options, allowedLatenessMs: 3_600_000 }, at('09:01:00'), at('09:01:00'), false, user('ann'))
    expect(clock.watermarkMs).toBe(at('08:50:00'))
  })

  test('and stream time never regress, and few users are remembered, whatever comes', () => {
    const steps = fc.array(
      fc.record({
        eventMs: fc.integer({ min: -500_000, max: 3_000_000 }),
        loggedMs: fc.integer({ min: -500_000, max: 3_000_000 }),
        by: fc.constantFrom('ann', 'ben', 'cem', 'dan'),
        appendTime: fc.boolean(),
        idle: fc.boolean(),
        latenessMs: fc.constantFrom(0, 600_000, Number.POSITIVE_INFINITY),
      }),
      { minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (all, aheadUsers) => {
        const clock = newStreamClock()
        observe(clock, options, at('09:00:00'), at('09:00:00'), true, user('ann'))
        for (const { eventMs, loggedMs, by, appendTime, idle, latenessMs } of all) {
          const before = { ...clock }
          const changed = { ...options, aheadUsers, allowedLatenessMs: latenessMs }
          if (idle) advance(clock, changed, at('09:00:00') + eventMs)
          else observe(clock, changed, at('09:00:00') + eventMs, at('09:00:00') + loggedMs, appendTime, user(by))
          expect(clock.streamTimeMs).toBeGreaterThanOrEqual(before.streamTimeMs)
          expect(clock.watermarkMs).toBeGreaterThanOrEqual(before.watermarkMs)
          expect(clock.watermarkMs).toBeLessThanOrEqual(clock.streamTimeMs)
          expect(clock.ahead.length).toBeLessThan(aheadUsers)
          for (const { timeMs } of clock.ahead)
            expect(timeMs).toBeGreaterThan(clock.streamTimeMs + options.aheadLimitMs)
        }
      }),
      runs(2000),
    )
  })
})

test('a clock that has seen no event cannot be moved on: there is no time that could have passed', () => {
  const clock = newStreamClock()
  advance(clock, options, at('09:00:00'))
  expect(clock).toStrictEqual(newStreamClock())
})
