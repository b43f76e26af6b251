import { describe, expect, test } from 'vitest'
import { CommitFailed, type Position } from '../../consumer/contract/log-port.ts'
import type { EmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { aRecord, at, clock, joined, openLog, useLogFolder } from './embedded-log-folder.ts'

useLogFolder()

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
