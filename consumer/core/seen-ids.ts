import type { Hash64 } from '../contract/hash.ts'

const WORDS = 3
const FULLEST = 0.75
const AFTER_REBUILD = 0.55
/** Between these loads a rebuild keeps the table and its memory: getting new memory costs more than moving entries. */
const STILL_FULL = 0.6
const STILL_EMPTY = 0.45
const SMALLEST = 256

/**
 * Ids of accepted events, as 64-bit hashes in one open-addressing table of 12-byte entries (hash, second of the event
 * time). An id is remembered until the watermark has passed the whole second of its event time: a copy with the same
 * time is late from then on anyway, so memory is bounded by the lateness. Expired entries are not searched for: a new
 * id takes the place of one it meets on its way, and a rebuild leaves them all out: when the table is full, and after as
 * many new ids as it has slots, which lets it shrink after a burst. The entry behind the last slot counts them.
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

  constructor(words: Int32Array = new Int32Array((SMALLEST + 1) * WORDS)) {
    this.#words = words
    this.#capacity = words.length / WORDS - 1
    this.#scale = this.#capacity / 2 ** 32
    this.#taken = 0
    const end = this.#capacity * WORDS
    for (let at = 0; at < end; at += WORDS) if (words[at] !== 0 || words[at + 1] !== 0) this.#taken++
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
    return this.#add(id, Math.floor(timeMs / 1000), oldestSecond(watermarkMs))
  }

  #add(id: Hash64, second: number, oldest: number): boolean {
    const lo = id.lo
    const hi = lo === 0 && id.hi === 0 ? 1 : id.hi
    const words = this.#words
    const end = this.#capacity * WORDS
    let at = (((lo >>> 0) * this.#scale) | 0) * WORDS
    let expired = -1
    for (;;) {
      const slotLo = words[at]!
      const slotHi = words[at + 1]!
      if (slotLo === 0 && slotHi === 0) break
      if (words[at + 2]! >>> 0 < oldest) {
        if (expired < 0) expired = at
      } else if (slotLo === lo && slotHi === hi) return false
      at += WORDS
      if (at === end) at = 0
    }
    if (expired >= 0) at = expired
    else {
      this.#taken++
      this.#clearExpired(at, oldest)
    }
    words[at] = lo
    words[at + 1] = hi
    words[at + 2] = second
    words[end]!++
    if (this.#taken > this.#capacity * FULLEST || words[end]! > this.#capacity) this.#rebuild(oldest)
    return true
  }

  /** Depends on what touching has read, or that could be left out. */
  touched = 0

  /** Looks at the place of an id that will be added soon, so that it is fetched by then. */
  touch(lo: number): void {
    this.touched ^= this.#words[(((lo >>> 0) * this.#scale) | 0) * WORDS]!
  }

  /** Ids still remembered at the watermark. Counts the whole table. */
  remembered(watermarkMs: number): number {
    return countLive(this.#words, oldestSecond(watermarkMs))
  }

  /** Empties the expired entries that end a run, just before an empty slot: no search needs to pass over them. */
  #clearExpired(empty: number, oldest: number): void {
    const words = this.#words
    for (let at = empty; ; ) {
      at = (at === 0 ? this.#capacity * WORDS : at) - WORDS
      if ((words[at] === 0 && words[at + 1] === 0) || words[at + 2]! >>> 0 >= oldest) return
      words[at] = 0
      words[at + 1] = 0
      words[at + 2] = 0
      this.#taken--
    }
  }

  #rebuild(oldest: number): void {
    const old = this.#words
    const live = countLive(old, oldest)
    const load = live / this.#capacity
    this.#taken = live
    if (load > STILL_FULL || (load < STILL_EMPTY && this.#capacity > SMALLEST)) this.#resize(live, oldest)
    else this.#sweep(oldest)
  }

  /** Takes out the expired entries and moves the others to where they belong, from an empty slot once around. */
  #sweep(oldest: number): void {
    const words = this.#words
    const end = this.#capacity * WORDS
    words[end] = 0
    let first = 0
    while (words[first] !== 0 || words[first + 1] !== 0) first += WORDS
    for (let step = 0, from = first; step < this.#capacity; step++) {
      const lo = words[from]!
      const hi = words[from + 1]!
      const second = words[from + 2]!
      if (lo !== 0 || hi !== 0) {
        words[from] = 0
        words[from + 1] = 0
        words[from + 2] = 0
        if (second >>> 0 >= oldest) {
          let at = (((lo >>> 0) * this.#scale) | 0) * WORDS
          while (words[at] !== 0 || words[at + 1] !== 0) {
            at += WORDS
            if (at === end) at = 0
          }
          words[at] = lo
          words[at + 1] = hi
          words[at + 2] = second
        }
      }
      from += WORDS
      if (from === end) from = 0
    }
  }

  #resize(live: number, oldest: number): void {
    const old = this.#words
    this.#capacity = Math.max(SMALLEST, Math.ceil(live / AFTER_REBUILD))
    this.#scale = this.#capacity / 2 ** 32
    const end = this.#capacity * WORDS
    const words = new Int32Array(end + WORDS)
    this.#words = words
    for (let from = 0; from < old.length - WORDS; from += WORDS) {
      if ((old[from] === 0 && old[from + 1] === 0) || old[from + 2]! >>> 0 < oldest) continue
      let at = (((old[from]! >>> 0) * this.#scale) | 0) * WORDS
      while (words[at] !== 0 || words[at + 1] !== 0) {
        at += WORDS
        if (at === end) at = 0
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
  for (let at = 0; at < words.length - WORDS; at += WORDS) {
    if ((words[at] !== 0 || words[at + 1] !== 0) && words[at + 2]! >>> 0 >= oldest) live++
  }
  return live
}
