import type { Hash64 } from './contract/hash.ts'

const MOST_USERS = 10_000
/** One user in 256 is watched. */
const SAMPLE_MASK = 0xff
const SEVERAL = -1

/**
 * Watches a sample of users for turning up in more than one partition, which splits their sessions and lets their
 * duplicates through. Forgets everybody when it is full, so that it never grows.
 */
export class KeySample {
  readonly #partitions = new Map<string, number>()
  #splitUsers = 0

  /** How many were found so far. */
  get splitUsers(): number {
    return this.#splitUsers
  }

  /** True, once for each user, when the user is in the sample and was seen in another partition before. */
  isSplit(user: Hash64, partition: number): boolean {
    if ((user.lo & SAMPLE_MASK) !== 0) return false
    const key = `${user.lo}:${user.hi}`
    const known = this.#partitions.get(key)
    if (known === undefined) {
      if (this.#partitions.size >= MOST_USERS) this.#partitions.clear()
      this.#partitions.set(key, partition)
    }
    if (known === undefined || known === SEVERAL || known === partition) return false
    this.#partitions.set(key, SEVERAL)
    this.#splitUsers++
    return true
  }
}
