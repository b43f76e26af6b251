/** The log's file is open in another process. It is freed when that process ends, however it ends. */
export class LogInUse extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path}: another process has it open; stop that one, or choose another folder with --data`, { cause })
    this.name = 'LogInUse'
  }
}

/** Primary result codes of SQLite, the low byte of an error's code. */
const BUSY = 5
const READ_ONLY = 8
const IO_ERROR = 10
const CORRUPT = 11
const FULL = 13
const CANNOT_OPEN = 14
const NOT_A_DATABASE = 26

const FIXES: Readonly<Record<number, string>> = {
  [READ_ONLY]: 'let this user write the file and its folder, or choose another folder with --data',
  [IO_ERROR]: 'check the disk, its free space and its quota',
  [CORRUPT]: 'the file is damaged: move it away to start an empty log',
  [FULL]: 'free some space on the disk, or keep less in the log',
  [CANNOT_OPEN]: 'let this user write the file and its folder, or choose another folder with --data',
  [NOT_A_DATABASE]: 'it is something else or damaged: move it away, or choose another folder with --data',
}

/** The error to show for one that happened `doing` something with the file: it names the file and the fix. */
export function faultOf(path: string, doing: string, error: unknown): Error {
  const { message, errcode, code: systemCode } = error as Error & { errcode?: number; code?: string }
  const code = errcode === undefined ? undefined : errcode & 0xff
  if (code === BUSY) return new LogInUse(path, error)
  const notAFolder = systemCode === 'EEXIST' || systemCode === 'ENOTDIR'
  const fix = notAFolder ? 'name a folder with --data, not a file' : code === undefined ? undefined : FIXES[code]
  return new Error(`${path}: ${doing} failed: ${message}${fix === undefined ? '' : `; ${fix}`}`, { cause: error })
}
