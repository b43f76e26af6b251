/**
 * Ids that cannot repeat: they are built from seed, run and a counter, each in digits of its own, so two equal ids
 * would mean the same seed, run and counter. A repeat would be dropped as a duplicate and the totals would be short.
 */

/** Three hex digits each: only one id in 4096 has new digits before them. */
const LOWEST_DIGITS: readonly string[] = Array.from({ length: 4096 }, (_, number) =>
  number.toString(16).padStart(3, '0'),
)
const MAX_SEED = 2 ** 32 - 1
const SESSIONS_PER_RUN = 1e10
const MAX_RUN = Math.floor(Number.MAX_SAFE_INTEGER / SESSIONS_PER_RUN) - 1

export interface Identifiers {
  /** A UUID (version 8): `ssssssss-rrrr-8rrr-8nnn-nnnnnnnnnnnn` holds seed, run and the count of events in hex. */
  nextEventId(): string
  /** `run * 10^10 + count`: run 3 begins with 30000000001. Unique within a seed. @throws {RangeError} after 10^10. */
  nextSessionId(): number
}

/** @throws {RangeError} unless seed and run are whole numbers that fit into their digits. */
export function createIdentifiers({ seed, run }: { seed: number; run: number }): Identifiers {
  assertWithin('seed', seed, MAX_SEED)
  assertWithin('run', run, MAX_RUN)
  const seedDigits = seed.toString(16).padStart(8, '0')
  const runDigits = run.toString(16).padStart(7, '0')
  const prefix = `${seedDigits}-${runDigits.slice(0, 4)}-8${runDigits.slice(4)}-8`
  let events = 0
  let upperDigits = ''
  let sessions = 0

  return {
    nextEventId() {
      events += 1
      const lowest = events % LOWEST_DIGITS.length
      if (lowest === 0 || upperDigits === '') {
        const digits = Math.floor(events / LOWEST_DIGITS.length)
          .toString(16)
          .padStart(12, '0')
        upperDigits = `${prefix}${digits.slice(0, 3)}-${digits.slice(3)}`
      }
      return upperDigits + LOWEST_DIGITS[lowest]
    },
    nextSessionId() {
      sessions += 1
      if (sessions >= SESSIONS_PER_RUN)
        throw new RangeError(`run ${run} has used all its session ids: start run ${run + 1}`)
      return run * SESSIONS_PER_RUN + sessions
    },
  }
}

function assertWithin(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return
  throw new RangeError(`${name} must be a whole number from 0 to ${max}, not ${value}`)
}
