import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as otherWork } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import type { Prepare } from '../../producer/replay/prepared-record.ts'
import type { Position } from '../../producer/replay/progress-note.ts'
import { Replay, type ReplayOptions } from '../../producer/replay/replay.ts'
import { AT_ONCE, asItHappened, atRate } from '../../producer/replay/tempo.ts'
import { ReaderGone, type Sink, SinkRefused, TryLater } from '../../producer/sinks/sink.ts'

/** Timers and the steady clock are simulated: a test decides when time passes. Files are read as ever. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Keeps what is appended and when; while there are faults, each append fails with the next. */
class KeepingSink implements Sink {
  readonly unconfirmed = 0
  readonly stored: { n: number; atMs: number }[] = []
  readonly sizes: number[] = []
  readonly faults: Error[] = []
  readonly attempts: { records: readonly NewRecord[]; atMs: number }[] = []

  async append(records: readonly NewRecord[]): Promise<void> {
    this.attempts.push({ records, atMs: performance.now() })
    const fault = this.faults.shift()
    if (fault !== undefined) throw fault
    this.sizes.push(records.length)
    for (const { value } of records) {
      this.stored.push({ n: JSON.parse(Buffer.from(value).toString()).n, atMs: performance.now() })
    }
  }

  stopWaiting(): void {}
  async close(): Promise<void> {}

  get numbers(): number[] {
    return this.stored.map(({ n }) => n)
  }
}

/** A line of the tests: its number, and its time in seconds. */
const prepare: Prepare = ({ bytes, start, end }) => {
  const value = bytes.subarray(start, end)
  const { n, at } = JSON.parse(Buffer.from(value).toString())
  if (n < 0) return 'below zero'
  return { key: 'ann', value, timeMs: at === undefined ? undefined : 1_000 * at }
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `{"n":${from + index}}\n`).join('')

function aReplay(
  contents: readonly (string | Uint8Array)[],
  otherwise: Partial<ReplayOptions> & { from?: Position } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-replay-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = contents.map((content, index) => {
    const path = join(folder, `${index}.ndjson`)
    writeFileSync(path, content)
    return { path, version: undefined }
  })
  const { from = { file: 0, records: 0 }, ...rest } = otherwise
  const sink = new KeepingSink()
  const stopping = new AbortController()
  const errors: unknown[] = []
  const waits: number[] = []
  const replay = new Replay({
    reading: {
      format: undefined,
      columns: undefined,
      numericColumns: undefined,
      files,
      from,
      onFile: () => {},
      onProgress: () => {},
    },
    prepare,
    tempo: AT_ONCE,
    sink,
    limit: undefined,
    steadyNow: () => performance.now(),
    onStored: () => {},
    onTrouble: (error) => errors.push(error),
    onWait: (durationMs) => waits.push(durationMs),
    ...rest,
  })
  let isOver = false
  const ended = replay.run(stopping.signal).finally(() => {
    isOver = true
  })
  ended.catch(() => {})
  /** Lets time pass, ten milliseconds at a time, until it is over or so. */
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isOver && !isSo()) {
      await vi.advanceTimersByTimeAsync(10)
      await otherWork()
    }
  }
  const over = async () => {
    await until(() => false)
    return ended
  }
  return { replay, sink, stopping, errors, waits, ended, until, over }
}

const upTo = (count: number, from = 0): number[] => Array.from({ length: count - from }, (_, index) => from + index)

describe('a replay as fast as it gets', () => {
  test('sends every record of every file once, in order, a few thousand at a time', async () => {
    const { replay, sink, ended } = aReplay([lines(0, 20_000), lines(20_000, 20_010)])
    // No time passes: nothing is sent early for want of more.
    expect(await ended).toBe('all')
    expect(sink.numbers).toEqual(upTo(20_010))
    expect(Math.max(...sink.sizes)).toBeLessThanOrEqual(5_000)
    expect(Math.min(...sink.sizes.slice(0, -1))).toBeGreaterThanOrEqual(2_000)
    expect(replay.sent).toBe(20_010)
    expect(replay.stored).toEqual({ file: 1, records: 10 })
  })

  test('keeps a batch of large records small', async () => {
    const line = (n: number): string => `{"n":${n},"x":"${'x'.repeat(1_000_000)}"}\n`
    const { sink, over } = aReplay([upTo(12).map(line).join('')])
    await over()
    expect(sink.numbers).toEqual(upTo(12))
    expect(Math.max(...sink.sizes)).toBeLessThanOrEqual(5)
  })

  test.each([
    [{ file: 0, records: 3 }, upTo(20, 3)],
    [{ file: 0, records: 10 }, upTo(20, 10)],
    [{ file: 1, records: 9 }, [19]],
    [{ file: 1, records: 10 }, []],
  ])('goes on from %j', async (from, numbers) => {
    const { sink, replay, over } = aReplay([lines(0, 10), lines(10, 20)], { from })
    expect(await over()).toBe('all')
    expect(sink.numbers).toEqual(numbers)
    expect(replay.sent).toBe(numbers.length)
  })

  test('ends at its limit, which what is left out does not count for, and knows where that was', async () => {
    const content = `{"n":0}\n{"n":-1}\n${lines(1, 10)}`
    const { replay, sink, over } = aReplay([content], { limit: 4 })
    expect(await over()).toBe('limit')
    expect(sink.numbers).toEqual([0, 1, 2, 3])
    expect(replay.stored).toEqual({ file: 0, records: 5 })
    expect([...replay.omitted]).toEqual([['below zero', 1]])
  })

  test('has passed what is left out at the end', async () => {
    const { replay, over } = aReplay(['{"n":0}\n{"n":-1}\n{"n":-2}\n'])
    await over()
    expect(replay.stored).toEqual({ file: 0, records: 3 })
  })
})

describe('what fails', () => {
  test('is tried again with the same array, later and later, until it is stored', async () => {
    const { sink, errors, over } = aReplay([lines(0, 10)])
    sink.faults.push(new Error('one'), new Error('two'), new TryLater('busy', 3_000))
    expect(await over()).toBe('all')
    expect(sink.numbers).toEqual(upTo(10))
    expect(new Set(sink.attempts.map(({ records }) => records)).size).toBe(1)
    const [first, ...later] = sink.attempts.map(({ atMs }) => atMs)
    expect(later.map((atMs) => atMs - first!)).toEqual([500, 1_500, 4_500])
    expect(errors.map((error) => (error as Error).message)).toEqual(['one', 'two', 'busy'])
  })

  test.each([
    [new SinkRefused('no'), 'no'],
    [new ReaderGone(), 'unread'],
  ])('for good ends it: %s', async (fault, said) => {
    const { replay, sink, over } = aReplay([lines(0, 10)])
    sink.faults.push(fault)
    expect(await over().catch((error) => error.message)).toBe(said)
    expect(replay.sent).toBe(0)
    expect(replay.stored).toEqual({ file: 0, records: 0 })
  })

  test('because a file is cut short comes after all that was read before that place', async () => {
    const whole = gzipSync(lines(0, 10_000))
    const { replay, sink, over } = aReplay([lines(0, 10), whole.subarray(0, whole.length - 20)])
    await expect(over()).rejects.toThrow('the gzip archive is cut short')
    const { length } = sink.numbers
    expect(length).toBeGreaterThan(1_000)
    expect(sink.numbers).toEqual([...upTo(10), ...upTo(length - 10)])
    expect(replay.stored).toEqual({ file: 1, records: length - 10 })
  })
})

describe('a pace', () => {
  test('has records as far apart as they happened, divided by the factor', async () => {
    const times = [0, 30, 60, 6_000, 100, 6_060]
    const content = times.map((at, n) => `{"n":${n},"at":${at}}\n`).join('')
    const { sink, waits, over } = aReplay([content], { tempo: asItHappened(60) })
    expect(await over()).toBe('all')
    expect(sink.numbers).toEqual(upTo(6))
    const begun = sink.stored[0]!.atMs
    for (const [n, dueMs] of [0, 500, 1_000, 100_000, 100_000, 101_000].entries()) {
      const sentMs = sink.stored[n]!.atMs - begun
      expect(sentMs).toBeGreaterThanOrEqual(dueMs - 0.001)
      expect(sentMs).toBeLessThan(dueMs + 100)
    }
    expect(waits.map(Math.round)).toEqual([99_000])
  })

  test.each([0.5, 7, 1_000])('of %d a second is kept', async (perSecond) => {
    const count = Math.ceil(4 * perSecond)
    const { sink, over } = aReplay([lines(0, count)], { tempo: atRate(perSecond) })
    await over()
    expect(sink.numbers).toEqual(upTo(count))
    const lastMs = sink.stored.at(-1)!.atMs - sink.stored[0]!.atMs
    const dueMs = (1_000 * (count - 1)) / perSecond
    expect(lastMs).toBeGreaterThanOrEqual(dueMs - 60)
    expect(lastMs).toBeLessThan(dueMs + 100)
  })

  test('is stopped in the middle of a gap, behind what was sent', async () => {
    const content = '{"n":0,"at":0}\n{"n":1,"at":1}\n{"n":2,"at":86400}\n'
    const { replay, sink, stopping, until, over } = aReplay([content], { tempo: asItHappened(1) })
    await until(() => sink.numbers.length === 2)
    stopping.abort()
    expect(await over()).toBe('stopped')
    expect(sink.numbers).toEqual([0, 1])
    expect(replay.stored).toEqual({ file: 0, records: 2 })
  })
})

test('a replay that is stopped while nothing can be stored leaves that for later', async () => {
  const { replay, sink, stopping, errors, until, over } = aReplay([lines(0, 10)])
  sink.faults.push(...upTo(100).map(() => new Error('away')))
  await until(() => errors.length === 3)
  stopping.abort()
  expect(await over()).toBe('stopped')
  expect(replay.stored).toEqual({ file: 0, records: 0 })
  expect(sink.numbers).toEqual([])
})
