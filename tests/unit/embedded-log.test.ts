import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type Assignment,
  CommitFailed,
  type LogRecord,
  type NewRecord,
  type Position,
} from '../../consumer/contract/log-port.ts'
import { murmur2, partitionOf } from '../../consumer/contract/partitioner.ts'
import { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { LogInUse } from '../../consumer/log/embedded/fault.ts'
import { LogFile } from '../../consumer/log/embedded/log-file.ts'
import { addRecords, encodeBlock } from '../../consumer/log/embedded/record-block.ts'

let folder: string
let file: string
let clock: { nowMs: number }
let opened: EmbeddedLog[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-log-'))
  file = join(folder, 'log.sqlite')
  clock = { nowMs: Date.parse('2026-01-01T09:00:00Z') }
  opened = []
})

afterEach(async () => {
  vi.useRealTimers()
  await Promise.allSettled(opened.map((log) => log.leave()))
  rmSync(folder, { recursive: true, force: true })
})

/** A log of one partition that keeps everything, unless told otherwise. */
function openLog(options: Partial<EmbeddedLogOptions> = {}): EmbeddedLog {
  const log = openEmbeddedLog({
    folder,
    topic: 'clicks',
    group: 'exporter',
    partitions: 1,
    retentionBytes: Number.MAX_SAFE_INTEGER,
    now: () => clock.nowMs,
    ...options,
  })
  opened.push(log)
  return log
}

const aRecord = (value: string, key = 'ann'): NewRecord => ({ key, value: Buffer.from(value) })

/** A key that the log puts into the partition. */
function keyFor(partition: number, partitions: number): string {
  for (let user = 0; ; user += 1) {
    const key = `user-${user}`
    if (partitionOf(Buffer.from(key), partitions) === partition) return key
  }
}

const textOf = ({ bytes, start, end }: LogRecord): string => Buffer.from(bytes.subarray(start, end)).toString()

const never = new AbortController().signal

async function valuesFrom(log: EmbeddedLog, partition: number, fromOffset: number): Promise<string[]> {
  const values: string[] = []
  const { endOffset } = await log.bounds(partition)
  for (let offset = fromOffset; offset < endOffset; ) {
    const batch = await log.read(partition, offset, never)
    values.push(...batch.records.map(textOf))
    offset = batch.nextOffset
  }
  return values
}

async function joined(log: EmbeddedLog): Promise<Assignment> {
  let assignment: Assignment | undefined
  await log.join((given) => {
    assignment = given
  })
  return assignment!
}

const at = (offset: number, metadata = ''): Position => ({ offset, metadata })

describe('opening', () => {
  test('creates the folder and an empty log in it', async () => {
    const log = openLog({ folder: join(folder, 'not', 'there'), partitions: 3 })

    expect(existsSync(join(folder, 'not', 'there', 'log.sqlite'))).toBe(true)
    for (const partition of [0, 1, 2]) {
      expect(await log.bounds(partition)).toMatchObject({ startOffset: 0, endOffset: 0 })
    }
    expect(log).toMatchObject({ topic: 'clicks', group: 'exporter' })
  })

  test('writes so that a confirmed commit survives power loss', () => {
    const log = new LogFile(folder, 1)
    const pragma = (name: string) => Object.values(log.database.prepare(`PRAGMA ${name}`).get()!)[0]

    expect(pragma('journal_mode')).toBe('wal')
    expect(pragma('synchronous')).toBe(2)
    log.close()
  })

  test('is refused while the file is open, and possible again after leaving', async () => {
    const first = openLog()

    expect(() => openLog()).toThrow(LogInUse)
    await first.leave()
    expect(() => openLog()).not.toThrow()
  })

  test.each([
    {
      found: 'a file that is not SQLite',
      make: () => writeFileSync(file, 'user,page\nann,/home\n'.repeat(500)),
      says: /log\.sqlite: open failed: file is not a database; .*move it away, or choose another folder with --data/,
    },
    {
      found: "another program's SQLite file",
      make: () => withDatabase((database) => database.exec('CREATE TABLE log (schema_version INTEGER)')),
      says: /log\.sqlite: open failed: it is another program's SQLite file; choose another folder with --data/,
    },
    {
      found: 'a log of another schema version',
      make: async () => {
        await openLog().leave()
        withDatabase((database) => database.exec('UPDATE log SET schema_version = 99'))
      },
      says: /log\.sqlite: open failed: .*schema 99, this one reads 1.*choose another folder with --data/,
    },
    {
      found: 'a log of another number of partitions',
      make: async () => openLog({ partitions: 4 }).leave(),
      says: /log\.sqlite: open failed: it has 4 partitions, not 1.*set partitions to 4, or choose another folder/,
    },
    {
      found: 'a log whose tables are damaged',
      make: async () => {
        await openLog().leave()
        const bytes = readFileSync(file)
        writeFileSync(file, bytes.fill(0xff, 200))
      },
      says: /log\.sqlite: open failed: .*malformed.*move it away to start an empty log/,
    },
  ])('names the fix for $found, and leaves the file as it was', async ({ make, says }) => {
    await make()
    const before = readFileSync(file)

    expect(() => openLog()).toThrow(says)
    expect(readFileSync(file)).toEqual(before)
  })

  test('names the fix for a folder that cannot be made', () => {
    writeFileSync(join(folder, 'taken'), '')

    expect(() => openLog({ folder: join(folder, 'taken') })).toThrow(/taken\/log\.sqlite: open failed: EEXIST/)
  })

  function withDatabase(change: (database: DatabaseSync) => void): void {
    const database = new DatabaseSync(file)
    change(database)
    database.close()
  }
})

describe('partitions', () => {
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hash %s as Kafka does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash)
  })

  test('are chosen by the positive hash of the key in UTF-8', async () => {
    const log = openLog({ partitions: 7 })
    const keys = ['21', 'foobar', 'abc', 'Zoë', '']

    await log.append(keys.map((key) => aRecord(key, key)))

    const chosen = (key: string) => (murmur2(Buffer.from(key)) & 0x7fffffff) % 7
    for (let partition = 0; partition < 7; partition += 1) {
      expect(await valuesFrom(log, partition, 0)).toEqual(keys.filter((key) => chosen(key) === partition))
    }
    expect(chosen('21')).toBe((-973932308 + 2 ** 31) % 7)
  })
})

describe('a block of records', () => {
  const records = [aRecord('first'), aRecord('')].map(({ key, value }) => ({ key: Buffer.from(key), value }))
  const block = encodeBlock(records)

  const decode = (bytes: Uint8Array, count: number): LogRecord[] => {
    const into: LogRecord[] = []
    addRecords({ baseOffset: 40, count, logTimeMs: 7, block: bytes }, 0, into)
    return into
  }

  test('is read as views of its own bytes', () => {
    const read = decode(block, 2)

    expect(read.map(({ offset, logTimeMs }) => [offset, logTimeMs])).toEqual([
      [40, 7],
      [41, 7],
    ])
    expect(read.map(textOf)).toEqual(['first', ''])
    for (const record of read) expect(record.bytes).toBe(block)
  })

  test.each([
    ['ends early', block.subarray(0, -1), 2],
    ['ends within a length', block.subarray(0, 2), 1],
    ['goes on after its last record', Buffer.concat([block, Buffer.of(0)]), 2],
    ['holds more records than its row says', block, 1],
    ['holds fewer records than its row says', block, 3],
  ])('is damaged when it %s', (_, bytes, count) => {
    expect(() => decode(bytes, count)).toThrow(/records 40 to \d+ are damaged: move the file away/)
  })
})

describe('append and read', () => {
  test('gives records consecutive offsets across batches and merges the batches', async () => {
    const log = openLog()
    await log.append([aRecord('a'), aRecord('b')])
    await log.append([aRecord('c')])

    const batch = await log.read(0, 0, never)

    expect(batch.records.map((record) => [record.offset, textOf(record)])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ])
    expect(batch).toMatchObject({ nextOffset: 3, startOffset: 0, endOffset: 3, appendTime: true })
  })

  test('starts in the middle of a batch', async () => {
    const log = openLog()
    await log.append(['a', 'b', 'c', 'd'].map((value) => aRecord(value)))

    const batch = await log.read(0, 2, never)

    expect(batch.records.map((record) => [record.offset, textOf(record)])).toEqual([
      [2, 'c'],
      [3, 'd'],
    ])
  })

  test('stops after the row that passes the size of a read', async () => {
    const log = openLog({ readBatchBytes: 250 })
    for (let index = 0; index < 5; index += 1) await log.append([aRecord('x'.repeat(100))])

    const batch = await log.read(0, 1, never)

    expect(batch.records.map(({ offset }) => offset)).toEqual([1, 2, 3])
    expect(batch).toMatchObject({ nextOffset: 4, endOffset: 5 })
  })

  test('reads a batch of many megabytes in pieces of about one', async () => {
    const log = openLog()
    const values = Array.from({ length: 40 }, (_, index) => `${index} `.padEnd(100_000, '.'))
    await log.append(values.map((value) => aRecord(value)))

    const first = await log.read(0, 0, never)

    const size = first.records.reduce((bytes, { start, end }) => bytes + end - start, 0)
    expect(size).toBeGreaterThan(900_000)
    expect(size).toBeLessThan(1_400_000)
    expect(await valuesFrom(log, 0, 0)).toEqual(values)
  })

  test('stores a copy: the caller may reuse the bytes', async () => {
    const log = openLog()
    const bytes = Buffer.from('before')
    const appended = log.append([{ key: 'ann', value: bytes }])
    bytes.write('after!')
    await appended

    expect(await valuesFrom(log, 0, 0)).toEqual(['before'])
  })

  test('refuses a partition the log does not have', async () => {
    const log = openLog({ partitions: 2 })

    await expect(log.read(2, 0, never)).rejects.toThrow(/log\.sqlite: read failed: there is no partition 2 of 2/)
    await expect(log.bounds(-1)).rejects.toThrow(/no partition -1/)
  })

  test.each<[string, (log: EmbeddedLog) => Promise<unknown>]>([
    ['reads', (log) => log.read(0, 0, never)],
    ['appends', (log) => log.append([aRecord('a')])],
  ])('lets other work of the process run between %s that never wait', async (_, call) => {
    const log = openLog()
    await log.append([aRecord('a')])
    let turns = 0
    const count = () => {
      turns += 1
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    for (let index = 0; index < 20; index += 1) await call(log)
    clearImmediate(timer)

    expect(turns).toBeGreaterThanOrEqual(19)
  })

  test('takes back the whole append when a part of it cannot be stored', async () => {
    const log = openLog({ partitions: 2 })
    await log.append([aRecord('kept', keyFor(0, 2))], 'kept')
    clock.nowMs = 0.5

    await expect(log.append([aRecord('x', keyFor(0, 2)), aRecord('y', keyFor(1, 2))], 'lost')).rejects.toThrow(
      /log\.sqlite: append failed: .*INTEGER column/,
    )

    clock.nowMs = Date.parse('2026-01-01T09:00:01Z')
    expect(log.producerState()).toBe('kept')
    expect(await log.bounds(0)).toMatchObject({ startOffset: 0, endOffset: 1 })
    await log.append([aRecord('next', keyFor(0, 2)), aRecord('first', keyFor(1, 2))])
    expect(await valuesFrom(log, 0, 0)).toEqual(['kept', 'next'])
    expect(await valuesFrom(log, 1, 0)).toEqual(['first'])
  })
})

describe('log time', () => {
  const logTimes = async (log: EmbeddedLog, partition: number) =>
    (await log.read(partition, 0, never)).records.map(({ logTimeMs }) => logTimeMs)

  test('is the time of the append and never goes back in a partition, even over a restart', async () => {
    const before = openLog()
    for (const nowMs of [1_000, 3_000, 2_000]) {
      clock.nowMs = nowMs
      await before.append([aRecord('x')])
    }
    await before.leave()
    const after = openLog()
    clock.nowMs = 2_500
    await after.append([aRecord('x')])
    clock.nowMs = 4_000
    await after.append([aRecord('x')])

    expect(await logTimes(after, 0)).toEqual([1_000, 3_000, 3_000, 3_000, 4_000])
  })

  test('of one partition does not hold back another', async () => {
    const log = openLog({ partitions: 2 })
    clock.nowMs = 3_000
    await log.append([aRecord('x', keyFor(0, 2))])
    clock.nowMs = 2_000
    await log.append([aRecord('x', keyFor(0, 2)), aRecord('y', keyFor(1, 2))])

    expect(await logTimes(log, 0)).toEqual([3_000, 3_000])
    expect(await logTimes(log, 1)).toEqual([2_000])
  })
})

describe('a read at the end of the log', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })

  /** Settles every promise that needs no time to pass. */
  const idle = () => new Promise((resolve) => setImmediate(resolve))

  async function watched<Result>(promise: Promise<Result>): Promise<{ promise: Promise<Result>; settled: boolean }> {
    const watch = { promise, settled: false }
    const settle = () => {
      watch.settled = true
    }
    promise.then(settle, settle)
    await idle()
    return watch
  }

  test('comes back empty after 250 ms', async () => {
    const log = openLog()
    await log.append([aRecord('a')])
    const read = await watched(log.read(0, 1, never))

    await vi.advanceTimersByTimeAsync(249)
    expect(read.settled).toBe(false)
    await vi.advanceTimersByTimeAsync(1)

    expect(await read.promise).toMatchObject({
      records: [],
      nextOffset: 1,
      startOffset: 0,
      endOffset: 1,
      appendTime: true,
    })
  })

  test('comes back empty and where it was when it starts beyond the end', async () => {
    const log = openLog()
    const read = await watched(log.read(0, 10, never))
    await vi.advanceTimersByTimeAsync(250)

    expect(await read.promise).toMatchObject({ records: [], nextOffset: 10, endOffset: 0 })
  })

  test('wakes at once when a record arrives in its partition, and not for another one', async () => {
    const log = openLog({ partitions: 2 })
    const read = await watched(log.read(0, 0, never))

    await log.append([aRecord('elsewhere', keyFor(1, 2))])
    await idle()
    expect(read.settled).toBe(false)

    await log.append([aRecord('here', keyFor(0, 2))])
    expect((await read.promise).records.map(textOf)).toEqual(['here'])
  })

  test.each(['before it', 'while it waits'])('comes back empty when the signal aborts %s', async (when) => {
    const log = openLog()
    const stop = new AbortController()
    if (when === 'before it') stop.abort()
    const read = await watched(log.read(0, 0, stop.signal))
    stop.abort()

    expect(await read.promise).toMatchObject({ records: [], nextOffset: 0 })
  })

  test('comes back empty when the log is left', async () => {
    const log = openLog()
    const read = await watched(log.read(0, 0, never))
    await log.leave()

    expect(await read.promise).toMatchObject({ records: [], nextOffset: 0, endOffset: 0 })
  })

  test('leaves no timer and no listener behind', async () => {
    const log = openLog()
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const read = await watched(log.read(0, 0, signal))
    await log.append([aRecord('a')])
    await read.promise

    expect(vi.getTimerCount()).toBe(0)
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })
})

test('a signal that aborted before a read of held records makes it come back empty', async () => {
  const log = openLog()
  await log.append([aRecord('a')])

  expect(await log.read(0, 0, AbortSignal.abort())).toMatchObject({ records: [], nextOffset: 0, endOffset: 1 })
})

describe('the producer state', () => {
  test('is the last one given, over empty appends, appends without one, and a restart', async () => {
    const log = openLog()
    expect(log.producerState()).toBeUndefined()
    await log.append([aRecord('a')], 'one')
    expect(log.producerState()).toBe('one')
    await log.append([aRecord('b')])
    expect(log.producerState()).toBe('one')
    await log.append([], 'two')
    await log.append([aRecord('c')])
    await log.leave()

    const again = openLog()
    expect(again.producerState()).toBe('two')
    expect(await valuesFrom(again, 0, 0)).toEqual(['a', 'b', 'c'])
  })
})

describe('assignment and commit', () => {
  test('a join gives all partitions until the log is left', async () => {
    const log = openLog({ partitions: 3 })
    const assignment = await joined(log)

    expect(assignment.partitions).toEqual([0, 1, 2])
    expect(assignment.lost.aborted).toBe(false)
    await log.leave()
    expect(assignment.lost.aborted).toBe(true)
  })

  test('a second join loses the first assignment before it announces the next', async () => {
    const log = openLog()
    const first = await joined(log)
    let lostBefore = false
    await log.join(() => {
      lostBefore = first.lost.aborted
    })

    expect(lostBefore).toBe(true)
  })

  test('positions are kept with their metadata over a restart, the last commit winning', async () => {
    const log = openLog({ partitions: 3 })
    const assignment = await joined(log)
    expect(await log.positions(assignment)).toEqual(new Map())
    await log.commit(assignment, new Map([[0, at(5, 'a')]]))
    await log.commit(
      assignment,
      new Map([
        [0, at(7, 'b')],
        [2, at(1, 'c')],
      ]),
    )
    await log.leave()

    const again = openLog({ partitions: 3 })
    expect(await again.positions(await joined(again))).toEqual(
      new Map([
        [0, at(7, 'b')],
        [2, at(1, 'c')],
      ]),
    )
  })

  test('positions belong to their group', async () => {
    const log = openLog()
    await log.commit(await joined(log), new Map([[0, at(5)]]))
    await log.leave()

    const other = openLog({ group: 'other' })
    expect(await other.positions(await joined(other))).toEqual(new Map())
  })

  test('metadata may have 4,096 bytes', async () => {
    const log = openLog()
    const assignment = await joined(log)
    const metadata = 'ë'.repeat(2_048)
    await log.commit(assignment, new Map([[0, at(1, metadata)]]))

    expect((await log.positions(assignment)).get(0)).toEqual(at(1, metadata))
  })

  const aGoodPosition: [number, Position] = [0, at(9)]
  test.each<{ why: string; bad: [number, Position]; says: RegExp }>([
    {
      why: 'metadata of more than 4,096 bytes',
      bad: [1, at(1, `${'ë'.repeat(2_048)}.`)],
      says: /4097 bytes, at most 4096/,
    },
    { why: 'a partition it does not have', bad: [2, at(1)], says: /partition 2 is not in the assignment/ },
    { why: 'an offset that is no whole number', bad: [1, at(0.5)], says: /log\.sqlite: commit failed: .*INTEGER/ },
  ])('a commit with $why is refused and stores nothing', async ({ bad, says }) => {
    const log = openLog({ partitions: 2 })
    const assignment = await joined(log)
    const failure = await log.commit(assignment, new Map([aGoodPosition, bad])).catch((error) => error)

    expect(failure).toBeInstanceOf(CommitFailed)
    expect(failure).toMatchObject({ outcome: 'refused', message: expect.stringMatching(says) })
    expect(await log.positions(assignment)).toEqual(new Map())
  })

  test.each([
    { why: 'after the next join', lose: async (log: EmbeddedLog) => void (await joined(log)) },
    { why: 'after leaving', lose: (log: EmbeddedLog) => log.leave() },
  ])('a commit $why is refused', async ({ lose }) => {
    const log = openLog()
    const assignment = await joined(log)
    await lose(log)

    await expect(log.commit(assignment, new Map([aGoodPosition]))).rejects.toMatchObject({
      name: 'CommitFailed',
      outcome: 'refused',
      message: expect.stringMatching(/assignment is lost/),
    })
  })
})

describe('snapshots', () => {
  const chunks = [Buffer.from('one'), Buffer.from(''), Buffer.alloc(300_000, 3)].map((chunk) => new Uint8Array(chunk))

  test('are read back chunk by chunk, over a restart', async () => {
    const log = openLog()
    const pointer = await log.writeSnapshot(0, chunks)
    await log.leave()

    expect(await openLog().readSnapshot(0, pointer)).toEqual(chunks)
  })

  test('are not found under another pointer, partition or group', async () => {
    const log = openLog({ partitions: 2 })
    const pointer = await log.writeSnapshot(0, chunks)

    expect(await log.readSnapshot(0, `${pointer}0`)).toBeUndefined()
    expect(await log.readSnapshot(1, pointer)).toBeUndefined()
    await log.leave()
    expect(await openLog({ partitions: 2, group: 'other' }).readSnapshot(0, pointer)).toBeUndefined()
  })

  test('are dropped but the named one, in their own partition only', async () => {
    const log = openLog({ partitions: 2 })
    const [old, kept, elsewhere] = [
      await log.writeSnapshot(0, chunks),
      await log.writeSnapshot(0, chunks),
      await log.writeSnapshot(1, chunks),
    ]
    await log.dropSnapshotsExcept(0, kept)

    expect(await log.readSnapshot(0, old)).toBeUndefined()
    expect(await log.readSnapshot(0, kept)).toEqual(chunks)
    expect(await log.readSnapshot(1, elsewhere)).toEqual(chunks)
  })

  test('never get a pointer that was given before, even one that was dropped before a restart', async () => {
    const log = openLog({ partitions: 2 })
    const given = [await log.writeSnapshot(0, chunks), await log.writeSnapshot(1, chunks)]
    await log.dropSnapshotsExcept(0, 'none')
    await log.dropSnapshotsExcept(1, 'none')
    await log.leave()
    const again = openLog({ partitions: 2 })
    given.push(await again.writeSnapshot(0, chunks), await again.writeSnapshot(1, chunks))

    expect(new Set(given).size).toBe(4)
    for (const pointer of given) expect(pointer.length).toBeLessThan(10)
  })

  test('need a chunk', async () => {
    await expect(openLog().writeSnapshot(0, [])).rejects.toThrow(/snapshot of no chunks/)
  })
})

describe('retention', () => {
  const kilobyte = 'x'.repeat(1_000)

  /** Appends one batch of about a kilobyte to the partition, a second after the last. */
  async function appendTo(log: EmbeddedLog, partition: number, partitions: number): Promise<void> {
    clock.nowMs += 1_000
    await log.append([aRecord(kilobyte, keyFor(partition, partitions))])
  }

  test('deletes the oldest batches and keeps counting offsets', async () => {
    const log = openLog({ retentionBytes: 5_500 })
    for (let index = 0; index < 12; index += 1) await appendTo(log, 0, 1)

    expect(await log.bounds(0)).toMatchObject({ startOffset: 7, endOffset: 12 })
    expect((await log.read(0, 0, never)).records.map(({ offset }) => offset)).toEqual([7, 8, 9, 10, 11])
    expect(await log.read(0, 0, never)).toMatchObject({ startOffset: 7, nextOffset: 12, endOffset: 12 })
  })

  test('takes from every partition by age, so that what is left is the newest of all', async () => {
    const log = openLog({ partitions: 2, retentionBytes: 8_500 })
    for (let index = 0; index < 10; index += 1) {
      await appendTo(log, 0, 2)
      await appendTo(log, 0, 2)
      await appendTo(log, 0, 2)
      await appendTo(log, 1, 2)
    }

    expect(await log.bounds(0)).toMatchObject({ startOffset: 24, endOffset: 30 })
    expect(await log.bounds(1)).toMatchObject({ startOffset: 8, endOffset: 10 })
  })

  test('leaves the last batch of a quiet partition, however old', async () => {
    const log = openLog({ partitions: 2, retentionBytes: 3_500 })
    await appendTo(log, 1, 2)
    await appendTo(log, 1, 2)
    for (let index = 0; index < 10; index += 1) await appendTo(log, 0, 2)

    expect(await log.bounds(1)).toMatchObject({ startOffset: 1, endOffset: 2 })
    expect(await log.bounds(0)).toMatchObject({ startOffset: 8, endOffset: 10 })
  })

  test('leaves the last batch even when it alone is too large', async () => {
    const log = openLog({ retentionBytes: 10 })
    await appendTo(log, 0, 1)
    await appendTo(log, 0, 1)

    expect(await log.bounds(0)).toMatchObject({ startOffset: 1, endOffset: 2 })
  })

  test('goes on where it was after a restart', async () => {
    const log = openLog({ retentionBytes: 5_500 })
    for (let index = 0; index < 8; index += 1) await appendTo(log, 0, 1)
    await log.leave()

    const again = openLog({ retentionBytes: 5_500 })
    expect(await again.bounds(0)).toMatchObject({ startOffset: 3, endOffset: 8 })
    await appendTo(again, 0, 1)
    expect(await again.bounds(0)).toMatchObject({ startOffset: 4, endOffset: 9 })
  })

  test('keeps the end of a partition that holds nothing any more', async () => {
    const log = openLog()
    await log.append([aRecord('a'), aRecord('b')])
    await log.leave()
    const database = new DatabaseSync(file)
    database.exec('DELETE FROM batches; UPDATE extents SET start_offset = end_offset, bytes = 0')
    database.close()

    const again = openLog()
    expect(await again.bounds(0)).toMatchObject({ startOffset: 2, endOffset: 2 })
    await again.append([aRecord('c')])
    expect(await again.bounds(0)).toMatchObject({ startOffset: 2, endOffset: 3 })
    expect(await valuesFrom(again, 0, 2)).toEqual(['c'])
  })

  test('reuses the space: the file stops growing', async () => {
    const fill = async () => {
      const log = openLog({ retentionBytes: 2_000_000 })
      for (let index = 0; index < 40; index += 1) await log.append([aRecord('x'.repeat(150_000))])
      await log.leave()
      return statSync(file).size
    }
    const once = await fill()

    expect(once).toBeLessThan(2_800_000)
    expect(await fill()).toBeLessThan(once * 1.1)
  })
})

describe('dead letters', () => {
  const aLetter = (offset: number, partition = 0) => ({
    partition,
    offset,
    reason: 'not_json',
    value: new Uint8Array(Buffer.from(`{${offset}`)),
  })

  test('are shown newest first with the log time of their record, over a restart', async () => {
    const log = openLog()
    clock.nowMs = 1_000
    await log.append([aRecord('{0'), aRecord('ok')])
    clock.nowMs = 2_000
    await log.append([aRecord('{2')])
    clock.nowMs = 9_000
    await log.writeDeadLetters([aLetter(0), aLetter(2)])
    await log.leave()

    const again = openLog()
    const newest = { ...aLetter(2), logTimeMs: 2_000 }
    expect(await again.deadLetters(10)).toEqual([newest, { ...aLetter(0), logTimeMs: 1_000 }])
    expect(await again.deadLetters(1)).toEqual([newest])
  })

  test('have the time of writing when the record is no longer held', async () => {
    const log = openLog()
    clock.nowMs = 9_000
    await log.writeDeadLetters([aLetter(3)])

    expect(await log.deadLetters(1)).toEqual([{ ...aLetter(3), logTimeMs: 9_000 }])
  })

  test('written twice are kept once', async () => {
    const log = openLog({ partitions: 2 })
    await log.writeDeadLetters([aLetter(1, 0), aLetter(1, 1)])
    await log.writeDeadLetters([aLetter(1, 0), aLetter(2, 0)])

    const kept = (await log.deadLetters(10)).map(({ partition, offset }) => `${partition}:${offset}`)
    expect(kept.toSorted()).toEqual(['0:1', '0:2', '1:1'])
  })

  test('keep an empty value', async () => {
    const log = openLog()
    await log.writeDeadLetters([{ ...aLetter(1), value: new Uint8Array() }])

    expect(await log.deadLetters(1)).toMatchObject([{ offset: 1, value: new Uint8Array() }])
  })

  test('belong to their group', async () => {
    const log = openLog()
    await log.writeDeadLetters([aLetter(1)])
    await log.leave()

    expect(await openLog({ group: 'other' }).deadLetters(10)).toEqual([])
  })

  test('are kept up to the newest 10,000 of each partition', async () => {
    const log = openLog({ partitions: 2 })
    await log.writeDeadLetters([aLetter(7, 1)])
    await log.writeDeadLetters(Array.from({ length: 9_999 }, (_, offset) => aLetter(offset)))
    await log.writeDeadLetters([10_000, 10_001, 10_002].map((offset) => aLetter(offset)))

    const kept = await log.deadLetters(20_000)
    const offsets = kept.filter(({ partition }) => partition === 0).map(({ offset }) => offset)
    expect(offsets).toHaveLength(10_000)
    expect([Math.min(...offsets), Math.max(...offsets)]).toEqual([2, 10_002])
    expect(kept.filter(({ partition }) => partition === 1)).toHaveLength(1)
  })
})

describe('after leaving', () => {
  test('the journal is in the file and the file is free', async () => {
    const log = openLog()
    await log.append([aRecord('a')])
    expect(existsSync(`${file}-wal`)).toBe(true)
    await log.leave()

    expect(existsSync(`${file}-wal`)).toBe(false)
  })

  test('leaving again does nothing', async () => {
    const log = openLog()
    await log.leave()

    await expect(log.leave()).resolves.toBeUndefined()
  })

  test.each<[string, (log: EmbeddedLog, assignment: Assignment) => Promise<unknown>]>([
    ['append', (log) => log.append([aRecord('a')])],
    ['read', (log) => log.read(0, 0, never)],
    ['bounds', (log) => log.bounds(0)],
    ['join', (log) => log.join(() => {})],
    ['positions', (log, assignment) => log.positions(assignment)],
    ['writeSnapshot', (log) => log.writeSnapshot(0, [new Uint8Array(1)])],
    ['readSnapshot', (log) => log.readSnapshot(0, 's1')],
    ['dropSnapshotsExcept', (log) => log.dropSnapshotsExcept(0, 's1')],
    ['writeDeadLetters', (log) => log.writeDeadLetters([])],
    ['deadLetters', (log) => log.deadLetters(1)],
    ['producerState', async (log) => log.producerState()],
  ])('%s says that the log was left', async (_, call) => {
    const log = openLog()
    const assignment = await joined(log)
    await log.leave()

    await expect(call(log, assignment)).rejects.toThrow(/log\.sqlite: .* failed: the log was left; open it again/)
  })
})

describe('a damaged file', () => {
  test('makes reads reject with its name and the fix', async () => {
    const log = openLog()
    for (let index = 0; index < 20; index += 1) await log.append([aRecord('x'.repeat(100_000))])
    await log.leave()
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill(0, Math.floor(bytes.length / 2)))

    const again = openLog()
    await expect(valuesFrom(again, 0, 0)).rejects.toThrow(/log\.sqlite: read failed: .*move (it|the file) away/)
  })

  test('makes reads reject when a row is missing, instead of skipping records', async () => {
    const log = openLog()
    for (const value of ['a', 'b', 'c']) await log.append([aRecord(value)])
    await log.leave()
    const database = new DatabaseSync(file)
    database.exec('DELETE FROM batches WHERE base_offset = 1')
    database.close()

    await expect(valuesFrom(openLog(), 0, 0)).rejects.toThrow(/record 1 of partition 0 is missing/)
  })
})

test('whatever is appended is read back exactly, from any offset, over restarts', async () => {
  const record = fc.record({
    key: fc.string({ unit: 'binary', maxLength: 12 }),
    value: fc.uint8Array({ maxLength: 300 }),
  })
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.array(record, { maxLength: 30 }) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  )
  const scenario = fc.record({
    partitions: fc.integer({ min: 1, max: 5 }),
    readBatchBytes: fc.integer({ min: 1, max: 2_000 }),
    steps: fc.array(step, { maxLength: 12 }),
  })

  await fc.assert(
    fc.asyncProperty(scenario, async ({ partitions, readBatchBytes, steps }) => {
      const data = mkdtempSync(join(folder, 'run-'))
      const open = () => openLog({ folder: data, partitions, readBatchBytes })
      const expected: string[][] = Array.from({ length: partitions }, () => [])
      let log = open()
      for (const next of steps) {
        if (next === 'restart') {
          await log.leave()
          log = open()
          continue
        }
        await log.append(next)
        for (const { key, value } of next) {
          expected[partitionOf(new TextEncoder().encode(key), partitions)]!.push(Buffer.from(value).toString('hex'))
        }
      }
      for (const [partition, values] of expected.entries()) {
        expect(await log.bounds(partition)).toMatchObject({ startOffset: 0, endOffset: values.length })
        for (let from = 0; from < values.length; from += 1) {
          const batch = await log.read(partition, from, never)
          const hex = batch.records.map(({ bytes, start, end }) =>
            Buffer.from(bytes.subarray(start, end)).toString('hex'),
          )
          expect(hex.length).toBeGreaterThan(0)
          expect(hex).toEqual(values.slice(from, from + hex.length))
          expect(batch.records.map(({ offset }) => offset)).toEqual(hex.map((_, index) => from + index))
          expect(batch.nextOffset).toBe(from + hex.length)
        }
      }
      await log.leave()
    }),
    { numRuns: 60 },
  )
})
