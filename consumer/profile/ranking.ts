import { Hash64 } from '../contract/hash.ts'
import { decodeUtf8 } from '../contract/json-scan.ts'

const MOST_TEXTS = 50_000
/** No more of a text is kept. Bytes. */
const LONGEST_TEXT = 200

interface Entry {
  readonly text: string
  count: number
  micros: number
}

export interface RankedText {
  readonly text: string
  readonly count: number
  /** Sum of what was added with it, in millionths. */
  readonly micros: number
}

/**
 * The most frequent among any number of texts, in constant memory. Exact while no more than 50,000 different ones were
 * seen. When there are more, the median of the counts is taken from all, and who has none left is forgotten (Misra and
 * Gries, as in https://arxiv.org/abs/1705.07001; its guarantee is that of Space-Saving): a count is then at most
 * {@link missing} too low.
 */
export class Ranking {
  /** By how much a count may be too low; 0 while the ranking is exact. */
  missing = 0
  readonly #entries = new Map<number, Entry>()
  readonly #mostTexts: number
  readonly #hash = new Hash64()

  constructor(mostTexts = MOST_TEXTS) {
    this.#mostTexts = mostTexts
  }

  /** Different texts seen; only the remembered ones once the ranking is not exact. */
  get size(): number {
    return this.#entries.size
  }

  /** Counts the text in bytes[start, end). */
  add(bytes: Uint8Array, start: number, end: number, weight = 1, micros = 0): void {
    this.#hash.of(bytes, start, end)
    this.addHashed(this.#hash, bytes, start, end, weight, micros)
  }

  /** As {@link add}, of a text whose hash is known. */
  addHashed(hash: Hash64, bytes: Uint8Array, start: number, end: number, weight = 1, micros = 0): void {
    // 53 bits of the hash: the most a number can tell apart.
    const key = (hash.lo >>> 0) * 0x200000 + (hash.hi & 0x1fffff)
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      entry.count += weight
      entry.micros += micros
      return
    }
    const text = decodeUtf8(bytes, start, Math.min(end, start + LONGEST_TEXT))
    this.#entries.set(key, { text: end - start > LONGEST_TEXT ? `${text}…` : text, count: weight, micros })
    if (this.#entries.size > this.#mostTexts) this.#forgetRare()
  }

  /** The first `most`, largest count first, equal ones in the order of their texts. */
  top(most: number): RankedText[] {
    return [...this.#entries.values()]
      .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
      .slice(0, most)
      .map((entry) => ({ ...entry }))
  }

  #forgetRare(): void {
    const counts = Float64Array.from(this.#entries.values(), ({ count }) => count).sort()
    const median = counts[counts.length >> 1]!
    this.missing += median
    for (const [key, entry] of this.#entries) {
      entry.count -= median
      if (entry.count <= 0) this.#entries.delete(key)
    }
  }
}
