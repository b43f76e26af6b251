import { isUtf8 } from 'node:buffer'
import { ACCEPTED, type Outcome, rejected } from './outcome.ts'
import { TokenTable } from './token-table.ts'
import { wordView } from './word-view.ts'

/** What stands at a scanned path. A string's range excludes its quotes; ESCAPED strings hold backslashes. */
export const ABSENT = 0
export const STRING = 1
export const ESCAPED = 2
export const NUMBER = 3
export const TRUE = 4
export const FALSE = 5
export const NULL = 6
export const OBJECT = 7
export const ARRAY = 8

export const MAX_DEPTH = 64

const MALFORMED_JSON = rejected('malformed_json')

const QUOTE = 0x22
const HIGH_BITS = 0x80808080 | 0
const BACKSLASH = 0x5c
const FORBIDDEN = '__proto__'

const encoder = new TextEncoder()

/** A key on the way to a wanted path: `slot` where it ends, `children` where it goes on. */
interface KeyNode {
  readonly names: string[]
  readonly nodes: KeyNode[]
  slot: number
  keys: TokenTable | undefined
  /** Every slot below: a repeated key replaces the whole subtree, as JSON.parse has it. */
  readonly below: number[]
  /** `"key":` as it stands in a record without escapes or blanks, in little-endian words, the last one padded. */
  readonly words: Int32Array
  readonly length: number
  /** Which bytes of the last word count. */
  readonly lastMask: number
  /** The wanted key that came after this one in the last record; for an object, the one that came first. */
  next: KeyNode | undefined
  first: KeyNode | undefined
}

function keyNode(key: string): KeyNode {
  const text = encoder.encode(`"${key}":`)
  const words = new Int32Array(Math.ceil(text.length / 4))
  new Uint8Array(words.buffer).set(text)
  const lastMask = (-1 >>> (-text.length * 8)) | 0
  return {
    names: [],
    nodes: [],
    slot: -1,
    keys: undefined,
    below: [],
    words,
    length: text.length,
    lastMask,
    next: undefined,
    first: undefined,
  }
}

/**
 * Reads one JSON text strictly (RFC 8259, the grammar of JSON.parse) and notes where the values of the wanted paths
 * stand, in one pass over the bytes and without building objects: parsing to objects alone costs more than the whole
 * path to the counters (npm run bench).
 */
export class JsonScanner {
  /** Per wanted path, by its index: what stands there and its byte range. Valid until the next scan. */
  readonly kind: Uint8Array
  readonly start: Int32Array
  readonly end: Int32Array

  readonly #kindWords: Int32Array
  readonly #root: KeyNode = keyNode('')
  #bytes: Uint8Array = new Uint8Array(0)
  #view = wordView(this.#bytes)
  /** Words can be read before here: a word may reach beyond the record, not beyond the array. */
  #wordLimit = 0
  #limit = 0
  #escaped = false
  #nonAscii = false
  #fault: Outcome = ACCEPTED

  /** @param paths wanted paths, keys joined by dots: `properties.page` */
  constructor(paths: readonly string[]) {
    this.#kindWords = new Int32Array(Math.ceil(paths.length / 4))
    this.kind = new Uint8Array(this.#kindWords.buffer, 0, paths.length)
    this.start = new Int32Array(paths.length)
    this.end = new Int32Array(paths.length)
    paths.forEach((path, slot) => {
      let node = this.#root
      const keys = path.split('.')
      for (const [depth, key] of keys.entries()) {
        if (depth > 0) node.below.push(slot)
        let index = node.names.indexOf(key)
        if (index < 0) index = node.names.push(key) - 1
        node.nodes[index] ??= keyNode(key)
        node = node.nodes[index]!
      }
      node.slot = slot
    })
    const compile = (node: KeyNode): void => {
      if (node.names.length > 0) node.keys = new TokenTable(node.names)
      node.nodes.forEach(compile)
    }
    compile(this.#root)
  }

  /** Scans bytes[start, end). Anything but ACCEPTED means the ranges are not to be used. */
  scan(bytes: Uint8Array, start: number, end: number): Outcome {
    this.#bytes = bytes
    this.#view = wordView(bytes)
    this.#wordLimit = bytes.length - 3
    this.#limit = end
    this.#nonAscii = false
    this.#fault = MALFORMED_JSON
    const kindWords = this.#kindWords
    for (let word = 0; word < kindWords.length; word++) kindWords[word] = ABSENT

    const from = this.#blank(start)
    const isObject = from < end && bytes[from] === 0x7b
    const after = isObject ? this.#object(this.#root, from + 1, 1) : this.#value(undefined, from, 0)
    if (after < 0) return this.#fault
    if (this.#blank(after) !== end) return MALFORMED_JSON
    if (this.#nonAscii && !isUtf8(bytes.subarray(start, end))) return rejected('invalid_utf8')
    return isObject ? ACCEPTED : rejected('not_an_object')
  }

  /** Each of these returns the position after what it read, or -1 with the fault noted. */
  #object(node: KeyNode | undefined, from: number, depth: number): number {
    const bytes = this.#bytes
    const limit = this.#limit
    let i = from
    if (i < limit && bytes[i]! <= 0x20) i = this.#blank(i)
    if (i < limit && bytes[i] === 0x7d) return i + 1
    let previous: KeyNode | undefined
    for (;;) {
      if (i >= limit || bytes[i] !== QUOTE) return -1
      let child = previous === undefined ? node?.first : previous.next
      if (child !== undefined && this.#isKey(child, i)) {
        // One producer's records have their keys in one order: no need to look for the closing quote, or for the key.
        i += child.length
        previous = child
      } else {
        const keyStart = i + 1
        const keyEnd = this.#string(keyStart)
        if (keyEnd < 0) return -1
        child = undefined
        if (this.#escaped) {
          const key: string = JSON.parse(`"${decodeUtf8(bytes, keyStart, keyEnd)}"`)
          if (key === FORBIDDEN) return this.#fail(rejected('forbidden_key'))
          child = node?.nodes[node.names.indexOf(key)]
        } else {
          if (keyEnd - keyStart === 9 && bytes[keyStart] === 0x5f && isForbidden(bytes, keyStart))
            return this.#fail(rejected('forbidden_key'))
          if (node?.keys !== undefined) {
            const index = node.keys.find(bytes, keyStart, keyEnd)
            if (index >= 0) child = node.nodes[index]
          }
        }
        if (child !== undefined) {
          if (previous === undefined) node!.first = child
          else previous.next = child
          previous = child
        }
        i = keyEnd + 1
        if (i < limit && bytes[i] !== 0x3a) i = this.#blank(i)
        if (i >= limit || bytes[i] !== 0x3a) return -1
        i++
      }
      if (i < limit && bytes[i]! <= 0x20) i = this.#blank(i)
      i = this.#value(child, i, depth)
      if (i < 0) return -1
      if (i < limit && bytes[i]! <= 0x20) i = this.#blank(i)
      if (i >= limit) return -1
      const separator = bytes[i++]
      if (separator === 0x7d) return i
      if (separator !== 0x2c) return -1
      if (i < limit && bytes[i]! <= 0x20) i = this.#blank(i)
    }
  }

  /** True when exactly this key, its quotes and its colon stand at a position. */
  #isKey({ words, length, lastMask }: KeyNode, at: number): boolean {
    const view = this.#view
    const last = words.length - 1
    if (at + length > this.#limit || at + last * 4 >= this.#wordLimit) return false
    for (let word = 0; word < last; word++) if (view.getInt32(at + word * 4, true) !== words[word]) return false
    return (view.getInt32(at + last * 4, true) & lastMask) === words[last]
  }

  #array(from: number, depth: number): number {
    const bytes = this.#bytes
    let i = this.#blank(from)
    if (i < this.#limit && bytes[i] === 0x5d) return i + 1
    for (;;) {
      i = this.#value(undefined, i, depth)
      if (i < 0) return -1
      i = this.#blank(i)
      if (i >= this.#limit) return -1
      const separator = bytes[i++]
      if (separator === 0x5d) return i
      if (separator !== 0x2c) return -1
      i = this.#blank(i)
    }
  }

  #value(node: KeyNode | undefined, from: number, depth: number): number {
    if (from >= this.#limit) return -1
    const first = this.#bytes[from]!
    if (node !== undefined && node.below.length > 0) for (const slot of node.below) this.kind[slot] = ABSENT
    let valueStart = from
    let valueEnd: number
    let after: number
    let kind: number
    if (first === QUOTE) {
      valueStart = from + 1
      valueEnd = this.#string(valueStart)
      if (valueEnd < 0) return -1
      kind = this.#escaped ? ESCAPED : STRING
      after = valueEnd + 1
    } else {
      if (first === 0x7b || first === 0x5b) {
        if (depth >= MAX_DEPTH) return this.#fail(rejected('too_deep'))
        kind = first === 0x7b ? OBJECT : ARRAY
        after = kind === OBJECT ? this.#object(node, from + 1, depth + 1) : this.#array(from + 1, depth + 1)
      } else if (first === 0x74) {
        kind = TRUE
        after = this.#literal(from, 'true')
      } else if (first === 0x66) {
        kind = FALSE
        after = this.#literal(from, 'false')
      } else if (first === 0x6e) {
        kind = NULL
        after = this.#literal(from, 'null')
      } else {
        kind = NUMBER
        after = this.#number(from)
      }
      if (after < 0) return -1
      valueEnd = after
    }
    if (node !== undefined && node.slot >= 0) {
      this.kind[node.slot] = kind
      this.start[node.slot] = valueStart
      this.end[node.slot] = valueEnd
    }
    return after
  }

  /** From after the opening quote to the closing one. */
  #string(from: number): number {
    const bytes = this.#bytes
    const view = this.#view
    const limit = this.#limit
    const wordLimit = this.#wordLimit
    this.#escaped = false
    for (let i = from; i < limit; i++) {
      // Four bytes at a time: the first that is a quote, a backslash, below 0x20 or above 0x7f has its high bit set.
      while (i < wordLimit) {
        const word = view.getInt32(i, true)
        const quotes = (word ^ 0x22222222) - 0x01010101
        const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101
        const special = (word | quotes | backslashes | (word - 0x20202020)) & HIGH_BITS
        if (special !== 0) {
          i += (31 - Math.clz32(special & -special)) >> 3
          break
        }
        i += 4
      }
      if (i >= limit) return -1
      const c = bytes[i]!
      if (c === QUOTE) return i
      if (c === BACKSLASH) {
        this.#escaped = true
        i = this.#escape(i + 1)
        if (i < 0) return -1
      } else if (c < 0x20) return -1
      else if (c > 0x7f) {
        this.#nonAscii = true
        while (i + 1 < limit && bytes[i + 1]! > 0x7f) i++
      }
    }
    return -1
  }

  /** From after the backslash to the last byte of the escape. */
  #escape(at: number): number {
    if (at >= this.#limit) return -1
    const bytes = this.#bytes
    switch (bytes[at]) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return at
      case 0x75:
        if (at + 4 >= this.#limit) return -1
        for (let i = at + 1; i <= at + 4; i++) {
          const c = bytes[i]! | 0x20
          if (!isDigit(bytes[i]!) && (c < 0x61 || c > 0x66)) return -1
        }
        return at + 4
      default:
        return -1
    }
  }

  #number(from: number): number {
    const bytes = this.#bytes
    const limit = this.#limit
    let i = from
    if (bytes[i] === 0x2d) i++
    if (i < limit && bytes[i] === 0x30) i++
    else {
      const digits = i
      while (i < limit && isDigit(bytes[i]!)) i++
      if (i === digits) return -1
    }
    if (i >= limit) return i
    if (bytes[i] === 0x2e) {
      const digits = ++i
      while (i < limit && isDigit(bytes[i]!)) i++
      if (i === digits) return -1
    }
    if (i < limit && (bytes[i]! | 0x20) === 0x65) {
      i++
      if (i < limit && (bytes[i] === 0x2b || bytes[i] === 0x2d)) i++
      const digits = i
      while (i < limit && isDigit(bytes[i]!)) i++
      if (i === digits) return -1
    }
    return i
  }

  #literal(from: number, word: string): number {
    const after = from + word.length
    if (after > this.#limit) return -1
    for (let i = 0; i < word.length; i++) if (this.#bytes[from + i] !== word.charCodeAt(i)) return -1
    return after
  }

  #blank(from: number): number {
    const bytes = this.#bytes
    const limit = this.#limit
    let i = from
    while (i < limit && (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09)) i++
    return i
  }

  #fail(fault: Outcome): number {
    this.#fault = fault
    return -1
  }
}

const isDigit = (c: number): boolean => (c - 0x30) >>> 0 <= 9

function isForbidden(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < FORBIDDEN.length; i++) if (bytes[start + i] !== FORBIDDEN.charCodeAt(i)) return false
  return true
}

/** Byte order marks inside a text are characters like any other. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text of a byte range; bytes that are not UTF-8 become U+FFFD. */
export const decodeUtf8 = (bytes: Uint8Array, start: number, end: number): string =>
  decoder.decode(bytes.subarray(start, end))
