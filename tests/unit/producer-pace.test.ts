import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createGenerator, type GeneratedRecord } from '../../producer/generator.ts'
import { type PacingOptions, startPacing } from '../../producer/pace.ts'

/** Timers and `Date.now` are simulated: a test decides when time passes. */
beforeEach(() => {
  vi.useFakeTimers({ now: 1_714_567_890_000 })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Keeps what is appended; while `blocked`, an append stays under way, and while `failing`, it fails. */
function openLog() {
  const attempts: (readonly GeneratedRecord[])[] = []
  const stored: GeneratedRecord[] = []
  let unblock = (): void => {}
  const log = {
    attempts,
    stored,
    failing: false,
    blocked: false,
    unblock() {
      log.blocked = false
      unblock()
    },
    async append(records: readonly GeneratedRecord[]): Promise<void> {
      attempts.push(records)
      if (log.blocked) await new Promise<void>((resolve) => (unblock = resolve))
      if (log.failing) throw new Error('disk full')
      stored.push(...records)
    },
  }
  return log
}

function pace(options: Partial<PacingOptions> & Pick<PacingOptions, 'append' | 'ratePerSecond'>) {
  const errors: unknown[] = []
  const pacing = startPacing({
    generator: createGenerator({ seed: 7, run: 0, visitors: 1000 }),
    now: Date.now,
    onError: (error) => errors.push(error),
    ...options,
  })
  return { ...pacing, errors }
}

const pass = (durationMs: number) => vi.advanceTimersByTimeAsync(durationMs)

describe('pacing', () => {
  test.each([0.5, 1, 7, 200, 20_000])('%d per second are produced while 10 seconds pass', async (ratePerSecond) => {
    const log = openLog()
    const pacing = pace({ append: log.append, ratePerSecond })
    await pass(10_050)
    await pacing.stop()
    expect(Math.abs(pacing.produced() - 10 * ratePerSecond)).toBeLessThanOrEqual(1 + 0.02 * ratePerSecond)
    expect(log.stored).toHaveLength(pacing.produced())
  })

  test('event times follow the clock and never run backwards', async () => {
    const log = openLog()
    const startMs = Date.now()
    const pacing = pace({ append: log.append, ratePerSecond: 100 })
    await pass(5000)
    await pacing.stop()
    const times = log.stored.map(({ timeMs }) => timeMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times[0]! - startMs).toBeGreaterThan(0)
    expect(times[0]! - startMs).toBeLessThanOrEqual(100)
    expect(Date.now() - times.at(-1)!).toBeLessThan(200)
    expect(times.at(-1)!).toBeLessThanOrEqual(Date.now())
  })

  test('a rate of 0 produces nothing', async () => {
    const log = openLog()
    const pacing = pace({ append: log.append, ratePerSecond: 0 })
    await pass(60_000)
    await pacing.stop()
    expect(log.attempts).toEqual([])
    expect(pacing.produced()).toBe(0)
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a rate of %d is refused', (ratePerSecond) => {
    expect(() => pace({ append: openLog().append, ratePerSecond })).toThrow(/^ratePerSecond must be/)
  })

  test('a clock set back silences the producer until it has caught up', async () => {
    const log = openLog()
    let setBackMs = 0
    const pacing = pace({ append: log.append, ratePerSecond: 100, now: () => Date.now() - setBackMs })
    await pass(1000)
    setBackMs = 2000
    const before = pacing.produced()
    await pass(1900)
    expect(pacing.produced()).toBe(before)
    await pass(1000)
    await pacing.stop()
    expect(pacing.produced()).toBeGreaterThan(before)
    expect(pacing.errors).toEqual([])
  })
})

describe('pacing a slow log', () => {
  test('there is one append at a time, and afterwards the missed seconds are made up for', async () => {
    const log = openLog()
    log.blocked = true
    const pacing = pace({ append: log.append, ratePerSecond: 100 })
    await pass(4000)
    expect(log.attempts).toHaveLength(1)
    expect(pacing.produced()).toBe(0)
    log.unblock()
    await pass(200)
    await pacing.stop()
    expect(pacing.produced()).toBeGreaterThanOrEqual(400)
  })

  test('after a minute only the last five seconds are made up for', async () => {
    const log = openLog()
    log.blocked = true
    const pacing = pace({ append: log.append, ratePerSecond: 100 })
    await pass(60_000)
    log.unblock()
    await pass(200)
    await pacing.stop()
    expect(pacing.produced()).toBeGreaterThanOrEqual(500)
    expect(pacing.produced()).toBeLessThan(550)
    const resumed = log.attempts[1]![0]!
    expect(Date.now() - resumed.timeMs).toBeLessThanOrEqual(5200)
  })

  test('it is made up for in batches of at most 5,000', async () => {
    const log = openLog()
    log.blocked = true
    const pacing = pace({ append: log.append, ratePerSecond: 20_000 })
    await pass(3000)
    log.unblock()
    await pass(200)
    await pacing.stop()
    expect(pacing.produced()).toBeGreaterThanOrEqual(60_000)
    expect(Math.max(...log.attempts.map((records) => records.length))).toBe(5000)
  })
})

describe('pacing a log that fails', () => {
  test('the same records are tried again until they are stored, and each failure is reported', async () => {
    const log = openLog()
    log.failing = true
    const pacing = pace({ append: log.append, ratePerSecond: 100 })
    await pass(2000)
    expect(pacing.produced()).toBe(0)
    expect(log.attempts.length).toBeGreaterThan(2)
    expect(new Set(log.attempts).size).toBe(1)
    expect(pacing.errors).toEqual(log.attempts.map(() => new Error('disk full')))

    log.failing = false
    await pass(1000)
    await pacing.stop()
    expect(log.stored.slice(0, log.attempts[0]!.length)).toEqual(log.attempts[0])
    expect(pacing.produced()).toBe(log.stored.length)
    expect(new Set(log.stored).size).toBe(log.stored.length)
  })
})

describe('stopping', () => {
  test('waits for the append under way and appends nothing after it', async () => {
    const log = openLog()
    log.blocked = true
    const pacing = pace({ append: log.append, ratePerSecond: 100 })
    await pass(1000)
    let stopped = false
    const stopping = pacing.stop().then(() => {
      stopped = true
    })
    await pass(10_000)
    expect(stopped).toBe(false)

    log.unblock()
    await stopping
    expect(pacing.produced()).toBe(log.attempts[0]!.length)
    await pass(10_000)
    expect(log.attempts).toHaveLength(1)
  })

  test('does not wait for the next tick or the next attempt', async () => {
    const log = openLog()
    const pacing = pace({ append: log.append, ratePerSecond: 100 })
    await pass(150)
    await pacing.stop()

    log.failing = true
    const failing = pace({ append: log.append, ratePerSecond: 100 })
    await pass(150)
    expect(failing.errors).toHaveLength(1)
    await failing.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('gives up an append that fails while stopping', async () => {
    const log = openLog()
    log.blocked = true
    const pacing = pace({ append: log.append, ratePerSecond: 100 })
    await pass(1000)
    const stopping = pacing.stop()
    log.failing = true
    log.unblock()
    await stopping
    expect(pacing.errors).toEqual([new Error('disk full')])
    expect(log.attempts).toHaveLength(1)
  })
})
