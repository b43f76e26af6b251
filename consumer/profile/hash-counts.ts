import type { Hash64 } from '../contract/hash.ts'

const MOST_SLOTS = 2 ** 22
const SMALLEST = 1024
const FULLEST = 0.6
/** A slot: both halves of the hash, the mark, the count. The count of a key that came with several marks is negative. */
const WORDS = 4

/**
 * How often each of any number of keys occurs, by their hashes, in at most 64 MB. Exact up to 2.5 million different
 * keys. Beyond, it keeps every second key only, then every fourth and so on: chosen by the hash, so that of those it keeps
 * it has seen all, and what they add up to is scaled up (https://doi.org/10.1007/BF02241657, adaptive sampling).
 */
export class HashCounts {
  #words = new Int32Array(SMALLEST * WORDS)
  #keys = 0
  /** Keys are kept whose hash has none of these bits. */
  #mask = 0
  readonly #mostSlots: number

  constructor(mostSlots = MOST_SLOTS) {
    this.#mostSlots = mostSlots
  }

  get isExact(): boolean {
    return this.#mask === 0
  }

  /** @param mark what should be the same whenever the key occurs, such as the hash of its content */
  add({ lo, hi }: Hash64, mark = 0): void {
    if ((hi & this.#mask) !== 0) return
    const words = this.#words
    const at = placeOf(words, lo, hi)
    const count = words[at + 3]!
    if (count === 0) {
      words[at] = lo
      words[at + 1] = hi
      words[at + 2] = mark
      words[at + 3] = 1
      if (++this.#keys > (words.length / WORDS) * FULLEST) this.#grow()
    } else if (count < 0 || words[at + 2] !== mark) {
      words[at + 3] = -Math.abs(count) - 1
    } else {
      words[at + 3] = count + 1
    }
  }

  /** Different keys. */
  get distinct(): number {
    return this.#keys * (this.#mask + 1)
  }

  /** Occurrences beyond the first of each key. */
  get repeats(): number {
    let sum = 0
    this.forEach((count) => {
      sum += count - 1
    })
    return sum * (this.#mask + 1)
  }

  /** Keys that occur more than once. */
  get repeated(): number {
    let keys = 0
    this.forEach((count) => {
      if (count > 1) keys++
    })
    return keys * (this.#mask + 1)
  }

  /** Keys that came with more than one mark. */
  get differing(): number {
    let keys = 0
    this.forEach((_count, isDiffering) => {
      if (isDiffering) keys++
    })
    return keys * (this.#mask + 1)
  }

  /** Every key that is kept. */
  forEach(see: (count: number, isDiffering: boolean) => void): void {
    const words = this.#words
    for (let at = 3; at < words.length; at += WORDS) {
      const count = words[at]!
      if (count !== 0) see(Math.abs(count), count < 0)
    }
  }

  #grow(): void {
    const old = this.#words
    const isFull = old.length / WORDS >= this.#mostSlots
    if (isFull) this.#mask = this.#mask * 2 + 1
    const words = new Int32Array(isFull ? old.length : old.length * 2)
    this.#keys = 0
    for (let from = 0; from < old.length; from += WORDS) {
      if (old[from + 3] === 0 || (old[from + 1]! & this.#mask) !== 0) continue
      const at = placeOf(words, old[from]!, old[from + 1]!)
      for (let word = 0; word < WORDS; word++) words[at + word] = old[from + word]!
      this.#keys++
    }
    this.#words = words
  }
}

/** Where the key stands, or the free place it belongs to. */
function placeOf(words: Int32Array, lo: number, hi: number): number {
  let at = Math.floor((lo >>> 0) * (words.length / WORDS / 2 ** 32)) * WORDS
  while (words[at + 3] !== 0 && (words[at] !== lo || words[at + 1] !== hi)) {
    at += WORDS
    if (at === words.length) at = 0
  }
  return at
}
