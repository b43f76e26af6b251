import { spawnSync } from 'node:child_process'

/**
 * Whether a program that a test needs is there. False lets the test be skipped, for all to see.
 * @throws where nothing may be skipped: with CI=true or REQUIRE_ALL=1
 */
export function mustRun(program: string): boolean {
  if (spawnSync(program, ['--version']).status === 0) return true
  if (process.env.CI === 'true' || process.env.REQUIRE_ALL === '1') {
    throw new Error(`${program} is not installed, and nothing may be skipped here; install it`)
  }
  return false
}
