import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DurableLog, RecordsTooLarge } from '../../consumer/contract/durable-log.ts'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { LogFile } from '../../consumer/log/embedded/log-file.ts'
import type { CollectedRecord } from '../../producer/collect/collected-record.ts'
import { embeddedDurableLog } from '../../producer/collect/embedded-durable-log.ts'
import { Intake } from '../../producer/collect/intake.ts'
import { RefusedRequest } from '../../producer/collect/refused-request.ts'
import { until } from '../running-start.ts'

/** The embedded log behind a door: an append waits until the test lets it in or turns it away. */
class Door implements DurableLog {
  trouble: string | undefined
  /** Records of each append that came to the door. */
  readonly appends: number[] = []
  readonly #log: DurableLog
  readonly #waiting: ((fault: Error | undefined) => void)[] = []
  #isOpen = true

  constructor(log: EmbeddedLog) {
    this.#log = embeddedDurableLog(log)
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    this.appends.push(records.length)
    const large = records.find(({ value }) => value.length > 1_000)
    if (large !== undefined) throw new RecordsTooLarge(`a record takes ${large.value.length} bytes`)
    if (!this.#isOpen) {
      const fault = await new Promise<Error | undefined>((resolve) => this.#waiting.push(resolve))
      if (fault !== undefined) throw fault
    }
    await this.#log.append(records)
  }

  shut(): void {
    this.#isOpen = false
  }

  open(): void {
    this.#isOpen = true
    for (const enter of this.#waiting.splice(0)) enter(undefined)
  }

  /** The append that waits fails. */
  turnAway(why: string): void {
    this.#waiting.shift()!(new Error(why))
  }

  async close(): Promise<void> {
    for (const enter of this.#waiting.splice(0)) enter(new Error('closed'))
  }
}

let folder: string
let log: EmbeddedLog
let door: Door
let clock: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'intake-'))
  log = openEmbeddedLog(settings())
  door = new Door(log)
  clock = 0
})

afterEach(async () => {
  await door.close()
  await log.leave()
  rmSync(folder, { recursive: true, force: true })
})

const settings = (): EmbeddedLogOptions => ({
  folder,
  topic: 'clicks',
  group: 'exporter',
  partitions: 1,
  retentionBytes: 2 ** 40,
  now: () => 0,
})

const anIntake = (appendTimeoutMs = 60_000): Intake =>
  new Intake({ log: door, appendTimeoutMs, steadyNow: () => clock })

const aRecord = (id: string | undefined, value = String(id)): CollectedRecord => ({
  key: 'ann',
  value: Buffer.from(value),
  identity: id === undefined ? undefined : JSON.stringify(['ann', id]),
})
const records = (...ids: (string | undefined)[]): CollectedRecord[] => ids.map((id) => aRecord(id))
const many = (count: number, prefix = 'e'): CollectedRecord[] =>
  Array.from({ length: count }, (_, index) => aRecord(`${prefix}${index}`))

/** What is in the log. */
async function stored(): Promise<string[]> {
  const { endOffset } = await log.bounds(0)
  const found: string[] = []
  while (found.length < endOffset) {
    const batch = await log.read(0, found.length, new AbortController().signal)
    found.push(...batch.records.map(({ bytes, start, end }) => String(Buffer.from(bytes.subarray(start, end)))))
  }
  return found
}

/** A request under way: its answer once there is one, and how often its records were let go. */
function ask(intake: Intake, asked: readonly CollectedRecord[]) {
  const request = {
    answer: undefined as { duplicates: number } | RefusedRequest | undefined,
    settled: 0,
    done: Promise.resolve(),
  }
  request.done = intake
    .accept(asked, () => {
      request.settled += 1
    })
    .then(
      (answer) => {
        request.answer = answer
      },
      (error) => {
        if (!(error instanceof RefusedRequest)) throw error
        request.answer = error
      },
    )
  return request
}

const appendsToBegin = (count: number): Promise<true> =>
  until(async () => (door.appends.length >= count ? true : undefined), `append ${count}`)

/** Records wait while one append is under way. */
async function behindShutDoor(): Promise<{ intake: Intake; first: ReturnType<typeof ask> }> {
  const intake = anIntake()
  door.shut()
  const first = ask(intake, records('first'))
  await appendsToBegin(1)
  return { intake, first }
}

describe('accepting', () => {
  test('is over when the log has the records, in their order', async () => {
    const request = ask(anIntake(), records('a', 'b', undefined, 'c'))
    await request.done
    expect(request).toMatchObject({ answer: { duplicates: 0 }, settled: 1 })
    expect(await stored()).toEqual(['a', 'b', 'undefined', 'c'])
  })

  test('takes what came during an append into the next, all together', async () => {
    const { intake, first } = await behindShutDoor()
    const others = ['a', 'b', 'c'].map((id) => ask(intake, records(id)))
    expect(intake.waitingRecords).toBe(4)
    door.open()
    await Promise.all([first, ...others].map(({ done }) => done))
    expect(door.appends).toEqual([1, 3])
    expect(await stored()).toEqual(['first', 'a', 'b', 'c'])
    expect(intake.waitingRecords).toBe(0)
  })

  test('appends 5,000 records at most together, and a longer request alone', async () => {
    const { intake, first } = await behindShutDoor()
    const sizes = [3_000, 2_000, 1, 7_000, 2]
    const others = sizes.map((size, index) => ask(intake, many(size, `${index}-`)))
    door.open()
    await Promise.all([first, ...others].map(({ done }) => done))
    expect(door.appends).toEqual([1, 5_000, 1, 7_000, 2])
  })

  test('of no records is over at once', async () => {
    const request = ask(anIntake(), [])
    await request.done
    expect(request).toMatchObject({ answer: { duplicates: 0 }, settled: 1 })
    expect(door.appends).toEqual([])
  })
})

describe('a copy', () => {
  test('of what is in the log is answered without a second one', async () => {
    const intake = anIntake()
    await ask(intake, records('a', 'b')).done
    const again = ask(intake, records('a', 'b', 'c'))
    await again.done
    expect(again).toMatchObject({ answer: { duplicates: 2 }, settled: 1 })
    const only = ask(intake, records('c'))
    await only.done
    expect(only).toMatchObject({ answer: { duplicates: 1 }, settled: 1 })
    expect(await stored()).toEqual(['a', 'b', 'c'])
    expect(intake.knownIds).toBe(3)
  })

  test('in the same request is written once', async () => {
    const request = ask(anIntake(), records('a', 'b', 'a', 'a'))
    await request.done
    expect(request.answer).toEqual({ duplicates: 2 })
    expect(await stored()).toEqual(['a', 'b'])
  })

  test('of what is being written is answered when that is in the log, and not before', async () => {
    const { intake, first } = await behindShutDoor()
    const copy = ask(intake, records('first'))
    const queued = ask(intake, records('a'))
    const both = ask(intake, records('first', 'a', 'b'))
    expect(copy).toMatchObject({ answer: undefined, settled: 0 })
    door.open()
    await Promise.all([first, copy, queued, both].map(({ done }) => done))
    expect(copy).toMatchObject({ answer: { duplicates: 1 }, settled: 1 })
    expect(both.answer).toEqual({ duplicates: 2 })
    expect(await stored()).toEqual(['first', 'a', 'b'])
  })

  test('of what is being written is held while it waits, and counts among what may wait', async () => {
    const { intake, first } = await behindShutDoor()
    const copies = Array.from({ length: 9 }, () => ask(intake, [...records('first'), ...many(9_999)]))
    expect([intake.waitingRecords, copies.map(({ settled }) => settled)]).toEqual([90_001, Array(9).fill(0)])
    const refused = ask(intake, Array(10_000).fill(aRecord('first')))
    await refused.done
    expect(refused).toMatchObject({ answer: { status: 503, reason: 'overloaded' }, settled: 1 })
    door.open()
    await Promise.all([first, ...copies].map(({ done }) => done))
    expect([intake.waitingRecords, copies.map(({ settled }) => settled)]).toEqual([0, Array(9).fill(1)])
    expect(await stored()).toHaveLength(10_000)
  })

  test('of what could not be written fails with it, and is written when it comes again', async () => {
    const { intake, first } = await behindShutDoor()
    const copy = ask(intake, records('first'))
    door.turnAway('the disk is full')
    await Promise.all([first.done, copy.done])
    for (const { answer } of [first, copy]) {
      expect(answer).toMatchObject({ status: 503, reason: 'log_unavailable', retryAfterSeconds: 2 })
      expect(String(answer)).toContain('the disk is full')
    }
    expect([first.settled, intake.knownIds, intake.waitingRecords]).toEqual([1, 0, 0])
    door.open()
    const again = ask(intake, records('first'))
    await again.done
    expect(again.answer).toEqual({ duplicates: 0 })
    expect(await stored()).toEqual(['first'])
  })

  test('without an event id cannot be told and is written', async () => {
    const intake = anIntake()
    await ask(intake, records(undefined, undefined)).done
    await ask(intake, records(undefined)).done
    expect(await stored()).toHaveLength(3)
  })
})

describe('a log that does not answer', () => {
  test('lets a request fail in time, and may have its records all the same', async () => {
    const intake = anIntake(50)
    door.shut()
    const request = ask(intake, records('a'))
    await request.done
    expect(request).toMatchObject({ answer: { status: 503, reason: 'log_unavailable' }, settled: 0 })
    expect(String(request.answer)).toContain('no answer within 0.05 s')
    const again = ask(intake, records('a'))
    await again.done
    expect([again.answer, again.settled, intake.waitingRecords]).toMatchObject([{ status: 503 }, 1, 1])

    door.open()
    await until(async () => (request.settled === 1 ? true : undefined), 'the records to be let go')
    const late = ask(intake, records('a'))
    await late.done
    expect(late.answer).toEqual({ duplicates: 1 })
    expect(await stored()).toEqual(['a'])
  })

  test('is trouble after two seconds, in words', async () => {
    const { intake } = await behindShutDoor()
    clock += 2_000
    expect(intake.trouble).toBeUndefined()
    clock += 1_000
    expect(intake.trouble).toBe('no answer from the log for 3 s')
    door.trouble = 'broker 1 is away'
    expect(intake.trouble).toBe('broker 1 is away')
  })

  test('is waited for until a group is together; from then on requests are refused at once', async () => {
    const { intake } = await behindShutDoor()
    door.trouble = 'broker 1 is away'
    const waiting = [ask(intake, many(4_998)), ask(intake, records('last'))]
    const refused = ask(intake, records('too many'))
    await refused.done
    expect(refused).toMatchObject({ answer: { status: 503, reason: 'log_unavailable' }, settled: 1 })
    expect(String(refused.answer)).toContain('broker 1 is away')
    const copy = ask(intake, records('last'))

    door.trouble = undefined
    door.open()
    await Promise.all([...waiting, copy].map(({ done }) => done))
    expect([...waiting, copy].map(({ answer }) => answer)).toEqual([
      { duplicates: 0 },
      { duplicates: 0 },
      { duplicates: 1 },
    ])
    expect(await stored()).not.toContain('too many')
  })

  test('may be slow without being in trouble: then 100,000 records wait', async () => {
    const { intake, first } = await behindShutDoor()
    const waiting = Array.from({ length: 9 }, (_, index) => ask(intake, many(10_000, `${index}-`)))
    const last = ask(intake, many(9_999, 'last-'))
    const refused = ask(intake, records('one more'))
    await refused.done
    expect(refused).toMatchObject({ answer: { status: 503, reason: 'overloaded' }, settled: 1 })
    expect(intake.waitingRecords).toBe(100_000)
    door.open()
    await Promise.all([first, last, ...waiting].map(({ done }) => done))
    expect((await log.bounds(0)).endOffset).toBe(100_000)
  })
})

describe('a record the log takes at no time', () => {
  const large = aRecord('large', 'x'.repeat(2_000))

  test('is refused with its request, and those beside it are stored', async () => {
    const { intake, first } = await behindShutDoor()
    const before = ask(intake, records('a'))
    const offender = ask(intake, [...records('b'), large])
    const copy = ask(intake, records('b'))
    const behind = ask(intake, records('c'))
    door.open()
    await Promise.all([first, before, offender, copy, behind].map(({ done }) => done))
    expect(offender).toMatchObject({ answer: { status: 413, reason: 'record_too_large_for_log' }, settled: 1 })
    expect(String(offender.answer)).toContain('a record takes 2000 bytes')
    expect(copy.answer).toMatchObject({ status: 503, reason: 'log_unavailable' })
    expect([before.answer, behind.answer]).toEqual([{ duplicates: 0 }, { duplicates: 0 }])
    expect(await stored()).toEqual(['first', 'a', 'c'])
    expect(intake.waitingRecords).toBe(0)
  })

  test('is tried once where its request is alone', async () => {
    const request = ask(anIntake(), [large])
    await request.done
    expect(request.answer).toMatchObject({ status: 413 })
    expect(door.appends).toEqual([1])
  })
})

describe('stopping', () => {
  test('takes nothing more and waits for what is pending', async () => {
    const { intake, first } = await behindShutDoor()
    const queued = ask(intake, records('a'))
    const stopped = intake.stop()
    const refused = ask(intake, records('b'))
    await refused.done
    expect(refused).toMatchObject({ answer: { status: 503, reason: 'stopping', retryAfterSeconds: 2 }, settled: 1 })
    door.open()
    await stopped
    await Promise.all([first.done, queued.done])
    expect(await stored()).toEqual(['first', 'a'])
  })

  test('gives up in time what the log does not answer for', async () => {
    const intake = anIntake(50)
    door.shut()
    const first = ask(intake, records('first'))
    await appendsToBegin(1)
    const queued = ask(intake, records('a'))
    await intake.stop()
    await Promise.all([first.done, queued.done])
    for (const { answer, settled } of [first, queued]) {
      expect([answer, settled]).toMatchObject([{ status: 503, reason: 'log_unavailable' }, 1])
    }
    expect(intake.waitingRecords).toBe(0)
    await door.close()
    expect([first.settled, intake.waitingRecords, await stored()]).toEqual([1, 0, []])
  })

  test('is over at once where nothing waits', async () => {
    await anIntake().stop()
    expect(door.appends).toEqual([])
  })
})

test('a log whose disk is full is in trouble until it takes records again', async () => {
  const file = new LogFile(join(folder, 'small'), 1)
  const small = new EmbeddedLog(file, { ...settings(), folder: join(folder, 'small') })
  const durable = embeddedDurableLog(small)
  const large = [aRecord('a', 'x'.repeat(1_000_000))]
  const { page_count: pages } = file.database.prepare('PRAGMA page_count').get() as { page_count: number }
  file.database.exec(`PRAGMA max_page_count = ${pages}`)
  await expect(durable.append(large)).rejects.toThrow('free some space on the disk')
  expect(durable.trouble).toContain('database or disk is full')
  expect((await small.bounds(0)).endOffset).toBe(0)
  file.database.exec('PRAGMA max_page_count = 1000000')
  await durable.append(large)
  expect([durable.trouble, (await small.bounds(0)).endOffset]).toEqual([undefined, 1])
  await small.leave()
})
