import { ARRAY, decodeUtf8, FALSE, NULL, NUMBER, OBJECT, STRING, TRUE } from '../contract/json-scan.ts'

const MOST_KEYS = 200
const LONGEST_KEY = 200
/** Keys of the record and of the objects in it. */
const DEEPEST = 2

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** In the order they are shown. */
const TYPES = { string: [STRING], number: [NUMBER], boolean: [TRUE, FALSE], object: [OBJECT], array: [ARRAY] }
export type JsonType = keyof typeof TYPES

export interface JsonKey {
  /** A key of an object in the record stands behind that object's key and a dot. */
  readonly key: string
  /** Records that have it, other than as null. */
  readonly present: number
  readonly nulls: number
  /** Records in which it is the empty string; they count as present. */
  readonly empty: number
  /** Records by the type of its value; only those that occur. */
  readonly types: Readonly<Partial<Record<JsonType, number>>>
}

interface KeyNode {
  readonly path: string
  /** `"key"` as it stands in the record. */
  readonly text: Uint8Array
  readonly keys: Map<string, KeyNode>
  readonly kinds: Float64Array
  empty: number
  lastRecord: number
  /** The key that came after this one in the last record; for an object, the one that came first. */
  next: KeyNode | undefined
  first: KeyNode | undefined
}

const keyNode = (path: string, text: Uint8Array): KeyNode => ({
  path,
  text,
  keys: new Map(),
  kinds: new Float64Array(ARRAY + 1),
  empty: 0,
  lastRecord: 0,
  next: undefined,
  first: undefined,
})

/** Which keys occur in JSON objects and in the objects in them, and with what values. Up to 200 keys are told apart. */
export class JsonKeys {
  /** Objects read. */
  records = 0
  /** Occurrences of keys beyond the room for them. */
  beyond = 0
  /** Times that an object held one key twice. Only the first counts above. */
  repeated = 0
  readonly #root = keyNode('', new Uint8Array(0))
  readonly #known: KeyNode[] = []
  #bytes = this.#root.text

  /** @param start where an object begins in `bytes`, blanks aside: valid JSON, which has been checked before */
  read(bytes: Uint8Array, start: number): void {
    this.#bytes = bytes
    this.records++
    this.#object(this.#root, this.#blank(start) + 1, 1)
  }

  get keys(): JsonKey[] {
    return this.#known.map(({ path, kinds, empty }) => {
      const counts = Object.entries(TYPES).map(([type, ofType]) => [
        type,
        ofType.reduce((sum, kind) => sum + kinds[kind]!, 0),
      ])
      const present = kinds.reduce((sum, count) => sum + count, 0) - kinds[NULL]!
      const types = Object.fromEntries(counts.filter(([, count]) => count !== 0))
      return { key: path, present, nulls: kinds[NULL]!, empty, types }
    })
  }

  /** From after the opening brace; returns the position after the closing one. */
  #object(node: KeyNode, from: number, depth: number): number {
    const bytes = this.#bytes
    let i = this.#blank(from)
    if (bytes[i] === CLOSE_BRACE) return i + 1
    let previous: KeyNode | undefined
    for (;;) {
      let key = previous === undefined ? node.first : previous.next
      if (key !== undefined && this.#stands(key.text, i)) i += key.text.length
      else {
        const end = this.#string(i)
        key = this.#keyOf(node, i, end)
        if (previous === undefined) node.first = key
        else previous.next = key
        i = end
      }
      if (bytes[i] !== COLON) i = this.#blank(i)
      i = this.#value(key, this.#blank(i + 1), depth)
      if (bytes[i] !== COMMA) i = this.#blank(i)
      if (bytes[i++] === CLOSE_BRACE) return i
      i = this.#blank(i)
      previous = key ?? previous
    }
  }

  #stands(text: Uint8Array, at: number): boolean {
    const bytes = this.#bytes
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false
    return true
  }

  /** The key whose text stands at `"key"`; undefined when there is no room for it. */
  #keyOf(node: KeyNode, start: number, end: number): KeyNode | undefined {
    const written = decodeUtf8(this.#bytes, start, end)
    const name: string = JSON.parse(written)
    const known = node.keys.get(name)
    if (known !== undefined) return known
    if (this.#known.length >= MOST_KEYS || name.length > LONGEST_KEY) return undefined
    const path = node === this.#root ? name : `${node.path}.${name}`
    const key = keyNode(path, Uint8Array.from(this.#bytes.subarray(start, end)))
    node.keys.set(name, key)
    this.#known.push(key)
    return key
  }

  #value(key: KeyNode | undefined, start: number, depth: number): number {
    const kind = kindAt(this.#bytes[start]!)
    if (key === undefined) this.beyond++
    else if (key.lastRecord === this.records) this.repeated++
    else {
      key.lastRecord = this.records
      key.kinds[kind]!++
      if (kind === STRING && this.#bytes[start + 1] === QUOTE) key.empty++
      if (kind === OBJECT && depth < DEEPEST) return this.#object(key, start + 1, depth + 1)
    }
    if (kind === STRING) return this.#string(start)
    return kind === OBJECT || kind === ARRAY ? this.#nested(start) : this.#word(start)
  }

  /** From an opening quote to after the closing one. */
  #string(from: number): number {
    const bytes = this.#bytes
    let i = from + 1
    while (bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1
    return i + 1
  }

  /** A number, true, false or null. */
  #word(from: number): number {
    const bytes = this.#bytes
    let i = from + 1
    for (;;) {
      const byte = bytes[i]!
      if (!(byte > 0x20) || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return i
      i++
    }
  }

  #nested(from: number): number {
    const bytes = this.#bytes
    let open = 0
    let i = from
    do {
      const byte = bytes[i]
      if (byte === QUOTE) {
        i = this.#string(i)
        continue
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) open++
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) open--
      i++
    } while (open > 0)
    return i
  }

  #blank(from: number): number {
    const bytes = this.#bytes
    let i = from
    while (bytes[i]! <= 0x20) i++
    return i
  }
}

function kindAt(first: number): number {
  switch (first) {
    case QUOTE:
      return STRING
    case OPEN_BRACE:
      return OBJECT
    case OPEN_BRACKET:
      return ARRAY
    case 0x74:
      return TRUE
    case 0x66:
      return FALSE
    case 0x6e:
      return NULL
    default:
      return NUMBER
  }
}
