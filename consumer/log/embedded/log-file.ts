import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder } from '../../make-folder.ts'
import { faultOf } from './fault.ts'
import { choosePageSize, createTables, isNewLog } from './schema.ts'

/**
 * The one SQLite file of a log, held by this process alone until it is closed or the process ends, however it ends:
 * the lock is the operating system's.
 *
 * - A transaction that returned survives a power loss (WAL with synchronous=FULL): what was committed may be exposed,
 *   and a counter that was scraped must never be rebuilt from an older position.
 * - Freed pages are reused and never given back: the file stays at the size of its fullest moment, about the retention
 *   plus the dead letters and two generations of snapshots. The journal beside it stays at its largest transaction.
 */
export class LogFile {
  readonly path: string
  readonly database: DatabaseSync
  #closed = false

  /** @throws {LogInUse} when another process has the file. @throws when it is not a log of so many partitions. */
  constructor(folder: string, partitions: number) {
    this.path = join(folder, 'log.sqlite')
    let database: DatabaseSync | undefined
    try {
      makeFolder(folder)
      database = new DatabaseSync(this.path)
      prepare(database, partitions)
    } catch (error) {
      database?.close()
      throw faultOf(this.path, 'open', error)
    }
    this.database = database
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Runs `work` on the open file. @throws with the file's name and the fix when it fails or the log was left. */
  attempt<Result>(doing: string, work: () => Result): Result {
    if (this.#closed) throw new Error(`${this.path}: ${doing} failed: the log was left; open it again`)
    try {
      return work()
    } catch (error) {
      throw faultOf(this.path, doing, error)
    }
  }

  /** All that `work` writes, or nothing: a throw takes it back. */
  transaction<Result>(doing: string, work: () => Result): Result {
    return this.attempt(doing, () => {
      this.database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        this.database.exec('COMMIT')
        return result
      } catch (error) {
        if (this.database.isTransaction) this.database.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** Moves the journal into the file and frees it. Closing again does nothing. */
  close(): void {
    if (this.#closed) return
    try {
      this.attempt('close', () => this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
    } finally {
      this.#closed = true
      this.database.close()
    }
  }
}

/** Takes the lock, checks whose file it is before anything is written to it, and makes the tables of a new one. */
function prepare(database: DatabaseSync, partitions: number): void {
  database.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
  const isNew = isNewLog(database, partitions)
  database.exec('ROLLBACK')
  if (isNew) choosePageSize(database)
  // fullfsync: on macOS a plain fsync stops at the drive's own cache.
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON')
  if (isNew) createTables(database, partitions)
}
