import type { Hash64 } from './hash.ts'

const WORDS = 3
const FULLEST = 0.75
const AFTER_REBUILD = 0.55
const SMALLEST = 256

/**
 * Ids of accepted events, as 64-bit hashes in one open-addressing table of 12-byte entries (hash, second of the event
 * time). An id is remembered until the watermark has passed the whole second of its event time: a copy with the same
 * time is late from then on anyway, so memory is bounded by the lateness. Expired entries are not searched for; the
 * next rebuild, when the table is full, leaves them out, so that forgetting costs nothing per id.
 *
 * Entries stand in the order of their hash (the slot is the hash scaled to the table), which makes a rebuild one
 * sequential pass.
 */
export class SeenIds {
  #words: Int32Array
  #capacity: number
  #scale: number
  /** Taken slots, expired ones included. */
  #taken: number

  constructor(words: Int32Array = new Int32Array(SMALLEST * WORDS)) {
    this.#words = words
    this.#capacity = words.length / WORDS
    this.#scale = this.#capacity / 2 ** 32
    this.#taken = 0
    for (let at = 0; at < words.length; at += WORDS) if (words[at] !== 0 || words[at + 1] !== 0) this.#taken++
  }

  /** The whole table: restoring it goes on as if never stopped, layout included. */
  get words(): Int32Array {
    return this.#words
  }

  get bytes(): number {
    return this.#words.byteLength
  }

  /**
   * True when the id is new, which it then no longer is. False when it is remembered.
   * @param watermarkMs ids of earlier whole seconds are forgotten; -Infinity forgets none
   */
  add(id: Hash64, timeMs: number, watermarkMs: number): boolean {
    const lo = id.lo
    const hi = lo === 0 && id.hi === 0 ? 1 : id.hi
    const words = this.#words
    const oldest = oldestSecond(watermarkMs)
    let at = (((lo >>> 0) * this.#scale) | 0) * WORDS
    for (;;) {
      const slotLo = words[at]!
      const slotHi = words[at + 1]!
      if (slotLo === lo && slotHi === hi) {
        if (words[at + 2]! >>> 0 >= oldest) return false
        words[at + 2] = Math.floor(timeMs / 1000)
        return true
      }
      if (slotLo === 0 && slotHi === 0) break
      at += WORDS
      if (at === words.length) at = 0
    }
    words[at] = lo
    words[at + 1] = hi
    words[at + 2] = Math.floor(timeMs / 1000)
    if (++this.#taken > this.#capacity * FULLEST) this.#rebuild(oldest)
    return true
  }

  /** Ids still remembered at the watermark. Counts the whole table. */
  remembered(watermarkMs: number): number {
    return countLive(this.#words, oldestSecond(watermarkMs))
  }

  #rebuild(oldest: number): void {
    const old = this.#words
    const live = countLive(old, oldest)
    this.#capacity = Math.max(SMALLEST, Math.ceil(live / AFTER_REBUILD))
    this.#scale = this.#capacity / 2 ** 32
    this.#taken = live
    const words = new Int32Array(this.#capacity * WORDS)
    this.#words = words
    for (let from = 0; from < old.length; from += WORDS) {
      if ((old[from] === 0 && old[from + 1] === 0) || old[from + 2]! >>> 0 < oldest) continue
      let at = (((old[from]! >>> 0) * this.#scale) | 0) * WORDS
      while (words[at] !== 0 || words[at + 1] !== 0) {
        at += WORDS
        if (at === words.length) at = 0
      }
      words[at] = old[from]!
      words[at + 1] = old[from + 1]!
      words[at + 2] = old[from + 2]!
    }
  }
}

const oldestSecond = (watermarkMs: number): number => (watermarkMs > 0 ? Math.floor(watermarkMs / 1000) : 0)

function countLive(words: Int32Array, oldest: number): number {
  let live = 0
  for (let at = 0; at < words.length; at += WORDS) {
    if ((words[at] !== 0 || words[at + 1] !== 0) && words[at + 2]! >>> 0 >= oldest) live++
  }
  return live
}
