import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DueRecords } from '../../producer/due-records.ts'
import { startPacing } from '../../producer/pace.ts'
import { ReaderGone, SinkRefused, TryLater } from '../../producer/sinks/sink.ts'
import type { SyntheticRecord } from '../../producer/synthetic-record.ts'

/** Timers and `Date.now` are simulated: a test decides when time passes. */
const START_MS = 1_714_567_890_000

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Keeps what is appended; while `blocked`, an append stays under way, and while there is a fault, it fails. */
function openLog() {
  const attempts: { records: readonly SyntheticRecord[]; atMs: number }[] = []
  const stored: SyntheticRecord[] = []
  let unblock = (): void => {}
  const log = {
    attempts,
    stored,
    fault: undefined as Error | undefined,
    blocked: false,
    unblock() {
      log.blocked = false
      unblock()
    },
    async append(records: readonly SyntheticRecord[]): Promise<void> {
      attempts.push({ records, atMs: Date.now() - START_MS })
      if (log.blocked) await new Promise<void>((resolve) => (unblock = resolve))
      if (log.fault !== undefined) throw log.fault
      stored.push(...records)
    },
  }
  return log
}

/** A record every 10 ms, up to `most`. */
function steady({ most = Number.POSITIVE_INFINITY, isBehind = false } = {}): DueRecords {
  let made = 0
  return {
    next() {
      if (made === most) return undefined
      const due = Math.min(most, Math.floor((Date.now() - START_MS) / 10))
      const from = made
      made = due
      return Array.from({ length: due - from }, (_, index) => ({
        key: 'ann',
        value: Buffer.from(String(from + index)),
        timeMs: START_MS + 10 * (from + index + 1),
      }))
    },
    isBehind,
    skipped: 0,
  }
}

function pace(log: ReturnType<typeof openLog>, records = steady()) {
  const errors: unknown[] = []
  return { ...startPacing({ records, append: log.append, onError: (error) => errors.push(error) }), errors }
}

const pass = (durationMs: number) => vi.advanceTimersByTimeAsync(durationMs)
const placesOf = (records: readonly SyntheticRecord[]): number[] => records.map(({ value }) => Number(String(value)))
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('pacing', () => {
  test('appends what is due every 100 ms, each record once and in order', async () => {
    const log = openLog()
    const pacing = pace(log)
    await pass(10_050)
    await pacing.stop()
    expect(placesOf(log.stored)).toEqual(upTo(1_000))
    expect(pacing.produced()).toBe(1_000)
    expect(new Set(log.attempts.map(({ records }) => records.length))).toEqual(new Set([10]))
  })

  test('goes on at once while it is behind', async () => {
    const log = openLog()
    const pacing = pace(log, steady({ isBehind: true }))
    await pass(50)
    await pacing.stop()
    expect(log.attempts.map(({ records }) => records.length)).toEqual([1, 1, 1, 1, 1])
  })

  test('ends with the records', async () => {
    const log = openLog()
    const pacing = pace(log, steady({ most: 25 }))
    await pass(1_000)
    expect(await pacing.ended).toBe(undefined)
    expect(placesOf(log.stored)).toEqual(upTo(25))
    expect(vi.getTimerCount()).toBe(0)
  })

  test('has one append at a time under way', async () => {
    const log = openLog()
    log.blocked = true
    const pacing = pace(log)
    await pass(4_000)
    expect([log.attempts.length, pacing.produced()]).toEqual([1, 0])
    log.unblock()
    await pass(200)
    await pacing.stop()
    expect(placesOf(log.stored)).toEqual(upTo(420))
  })
})

describe('pacing a log that fails', () => {
  test('tries the same records again until they are stored, and reports each failure', async () => {
    const log = openLog()
    log.fault = new Error('disk full')
    const pacing = pace(log)
    await pass(20_000)
    expect(pacing.produced()).toBe(0)
    const [first] = log.attempts
    for (const { records } of log.attempts) expect(records).toBe(first!.records)
    expect(pacing.errors).toEqual(log.attempts.map(() => new Error('disk full')))

    log.fault = undefined
    await pass(10_000)
    await pacing.stop()
    expect(placesOf(log.stored)).toEqual(upTo(3_000))
  })

  test('waits longer each time, but never more than 8 s, and begins anew after a success', async () => {
    const log = openLog()
    log.fault = new Error('disk full')
    const pacing = pace(log)
    await pass(35_000)
    const pauses = log.attempts.slice(1).map(({ atMs }, index) => atMs - log.attempts[index]!.atMs)
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
    log.fault = undefined
    await pass(8_000)
    const before = log.attempts.length
    log.fault = new Error('disk full')
    await pass(700)
    await pacing.stop()
    const [failed, again] = log.attempts.slice(before)
    expect(again!.atMs - failed!.atMs).toBe(500)
  })

  test('waits as long as it is told to', async () => {
    const log = openLog()
    log.fault = new TryLater('busy', 30_000)
    const pacing = pace(log)
    await pass(30_050)
    expect(log.attempts).toHaveLength(1)
    await pass(100)
    await pacing.stop()
    expect(log.attempts).toHaveLength(2)
  })

  test.each([new SinkRefused('not an event'), new ReaderGone()])('ends when %s', async (fault) => {
    const log = openLog()
    log.fault = fault
    const pacing = pace(log)
    await pass(1_000)
    expect(await pacing.ended).toBe(fault)
    expect([log.attempts.length, pacing.errors.length]).toEqual([1, 0])
  })
})

describe('stopping', () => {
  test('waits for the append under way and appends nothing after it', async () => {
    const log = openLog()
    log.blocked = true
    const pacing = pace(log)
    await pass(1_000)
    let stopped = false
    const stopping = pacing.stop().then(() => {
      stopped = true
    })
    await pass(10_000)
    expect(stopped).toBe(false)

    log.unblock()
    await stopping
    expect(pacing.produced()).toBe(log.attempts[0]!.records.length)
    await pass(10_000)
    expect(log.attempts).toHaveLength(1)
  })

  test('does not wait for the next tick or the next attempt', async () => {
    const log = openLog()
    const pacing = pace(log)
    await pass(150)
    await pacing.stop()

    log.fault = new Error('disk full')
    const failing = pace(log)
    await pass(150)
    expect(failing.errors).toHaveLength(1)
    await failing.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('gives up an append that fails while stopping', async () => {
    const log = openLog()
    log.blocked = true
    const pacing = pace(log)
    await pass(1_000)
    const stopping = pacing.stop()
    log.fault = new Error('disk full')
    log.unblock()
    await stopping
    expect(pacing.errors).toEqual([new Error('disk full')])
    expect(log.attempts).toHaveLength(1)
  })
})
