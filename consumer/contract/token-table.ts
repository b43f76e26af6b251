const encoder = new TextEncoder()

/** Finds which of a fixed set of words a range of bytes is, without making a string of it. */
export class TokenTable {
  readonly size: number
  readonly #tokens: readonly Uint8Array[]
  readonly #first: Int16Array
  readonly #next: Int16Array
  readonly #mask: number

  constructor(words: readonly string[]) {
    this.#tokens = words.map((word) => encoder.encode(word))
    this.size = words.length
    let buckets = 16
    while (buckets < words.length * 4) buckets *= 2
    this.#mask = buckets - 1
    this.#first = new Int16Array(buckets).fill(-1)
    this.#next = new Int16Array(words.length).fill(-1)
    this.#tokens.forEach((token, index) => {
      const bucket = this.#bucket(token, 0, token.length)
      this.#next[index] = this.#first[bucket]!
      this.#first[bucket] = index
    })
  }

  /** Index of the word in bytes[start, end), or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length === 0) return -1
    for (let index = this.#first[this.#bucket(bytes, start, end)]!; index >= 0; index = this.#next[index]!) {
      const token = this.#tokens[index]!
      if (token.length !== length) continue
      let at = 0
      while (at < length && token[at] === bytes[start + at]) at++
      if (at === length) return index
    }
    return -1
  }

  #bucket(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length === 0) return 0
    return (length * 5 + bytes[start]! * 3 + bytes[end - 1]! * 7 + bytes[start + (length >> 1)]!) & this.#mask
  }
}
