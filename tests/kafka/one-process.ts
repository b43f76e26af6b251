import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

const BUSY = 5

/** Does the work while no other process does work under the same file. A process that dies gives the file free. */
export async function oneProcessAtATime<Result>(lockFile: string, work: () => Promise<Result>): Promise<Result> {
  const lock = new DatabaseSync(lockFile)
  try {
    while (!locked(lock)) await sleep(100)
    return await work()
  } finally {
    lock.close()
  }
}

function locked(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === BUSY) return false
    throw error
  }
}
