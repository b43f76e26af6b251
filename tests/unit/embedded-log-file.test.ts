import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { Assignment } from '../../consumer/contract/log-port.ts'
import type { EmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { LogInUse } from '../../consumer/log/embedded/fault.ts'
import { LogFile } from '../../consumer/log/embedded/log-file.ts'
import { aRecord, file, folder, joined, never, openLog, useLogFolder, valuesFrom } from './embedded-log-folder.ts'

useLogFolder()

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
