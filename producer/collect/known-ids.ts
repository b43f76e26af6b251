import { randomInt } from 'node:crypto'
import { Hash64 } from '../../consumer/contract/hash.ts'

const MOST_IDS = 1_000_000
/** At most: a search then passes over one or two others. */
const LOAD = 0.5
const UINT32 = 2 ** 32
/** Bytes of a UTF-16 unit in UTF-8, at most. */
const MOST_UTF8 = 3

/**
 * Identities of records that were written lately, as 64-bit hashes: 16 bytes each, all of them taken at once. There
 * are two generations; when the newer one is full, the older one is forgotten. So between half of the most and the most
 * are known. A stranger is taken for known, and not written, with a chance of 1 in 18 million million for each record;
 * nobody can bring that about, since every process hashes in its own way.
 */
export class KnownIds {
  readonly #perGeneration: number
  readonly #seed = { lo: randomInt(UINT32) | 0, hi: randomInt(UINT32) | 0 }
  readonly #hash = new Hash64()
  #newer: HashTable
  #older: HashTable
  readonly #scratch = Buffer.alloc(1_024)

  constructor(mostIds = MOST_IDS) {
    this.#perGeneration = mostIds >> 1
    this.#newer = new HashTable(this.#perGeneration)
    this.#older = new HashTable(this.#perGeneration)
  }

  /** How many are known; one that both generations hold counts twice. */
  get size(): number {
    return this.#newer.size + this.#older.size
  }

  has(identity: string): boolean {
    const { lo, hi } = this.#hashOf(identity)
    return this.#newer.has(lo, hi) || this.#older.has(lo, hi)
  }

  add(identity: string): void {
    if (this.#newer.size === this.#perGeneration) {
      const oldest = this.#older
      this.#older = this.#newer
      oldest.clear()
      this.#newer = oldest
    }
    const { lo, hi } = this.#hashOf(identity)
    this.#newer.add(lo, hi)
  }

  #hashOf(identity: string): Hash64 {
    const isShort = identity.length * MOST_UTF8 <= this.#scratch.length
    const bytes = isShort ? this.#scratch : Buffer.from(identity)
    const length = isShort ? bytes.write(identity) : bytes.length
    this.#hash.of(bytes, 0, length, this.#seed.lo, this.#seed.hi)
    return this.#hash
  }
}

/** Open addressing over two words per slot; both 0 is an empty one. */
class HashTable {
  readonly #words: Int32Array
  readonly #mask: number
  size = 0

  constructor(mostEntries: number) {
    const slots = 2 ** Math.ceil(Math.log2(mostEntries / LOAD))
    this.#words = new Int32Array(2 * slots)
    this.#mask = slots - 1
  }

  has(lo: number, hi: number): boolean {
    return this.#isTaken(this.#find(lo, notEmpty(lo, hi)))
  }

  add(lo: number, hi: number): void {
    const at = this.#find(lo, notEmpty(lo, hi))
    if (this.#isTaken(at)) return
    this.#words[at] = lo
    this.#words[at + 1] = notEmpty(lo, hi)
    this.size += 1
  }

  clear(): void {
    this.#words.fill(0)
    this.size = 0
  }

  #isTaken(at: number): boolean {
    return this.#words[at] !== 0 || this.#words[at + 1] !== 0
  }

  /** Where the entry is, or the empty slot where it would be put. */
  #find(lo: number, hi: number): number {
    const words = this.#words
    for (let slot = lo & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = 2 * slot
      if ((words[at] === lo && words[at + 1] === hi) || !this.#isTaken(at)) return at
    }
  }
}

const notEmpty = (lo: number, hi: number): number => (lo === 0 && hi === 0 ? 1 : hi)
