import { readFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second towards programs, whatever its own clock does. */
const TICKS_PER_SECOND = 100
/** Places in /proc/<pid>/stat, counted from behind the program's name. */
const USER_AT = 11
const SYSTEM_AT = 12

/** CPU seconds of a running process since it was started, user and system, those of all its threads. Linux only. */
export const cpuSecondsOf = (pid: number): number => cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8'))

/** The same from the text of its stat file. The program's name may hold anything, blanks and brackets too. */
export function cpuSecondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_AT]) + Number(fields[SYSTEM_AT])) / TICKS_PER_SECOND
}
