import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

/** Keeps all threads of a process on one core; false where there is no second one, or no taskset. */
export function onCore(core: number, pid: number): boolean {
  if (cpus().length < 2) return false
  return spawnSync('taskset', ['-acp', String(core), String(pid)]).status === 0
}
