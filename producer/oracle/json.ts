/** A number as the text has it: ids and prices have more digits than a double keeps. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Of a repeated key the last value stays, as with JSON.parse. */
export type JsonObject = ReadonlyMap<string, Json>
export type Json = string | NumberText | boolean | null | JsonObject | readonly Json[]

/** Why a text is refused: what is met first, from its beginning. */
export type JsonFault = 'malformed_json' | 'too_deep' | 'forbidden_key'

/** Objects and lists within each other. */
const DEEPEST = 64
const FORBIDDEN_KEY = '__proto__'

const BLANKS = /[ \t\n\r]*/y
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const LITERAL = /true|false|null/y
const LITERALS = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** Whether the whole text is a number as JSON writes it. */
export function isNumberText(text: string): boolean {
  NUMBER.lastIndex = 0
  return NUMBER.exec(text)?.[0] === text
}

/** One JSON text (RFC 8259). */
export function readJson(text: string): { readonly value: Json } | { readonly fault: JsonFault } {
  const reading = new Reading(text)
  const value = reading.document()
  return value === undefined ? { fault: reading.fault } : { value }
}

/** Goes through the text once; each method leaves `at` behind what it read, or gives undefined with the fault noted. */
class Reading {
  fault: JsonFault = 'malformed_json'
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): Json | undefined {
    const value = this.#value(0)
    return this.#at === this.#text.length ? value : undefined
  }

  #value(depth: number): Json | undefined {
    this.#take(BLANKS)
    const value = this.#bareValue(depth)
    this.#take(BLANKS)
    return value
  }

  #bareValue(depth: number): Json | undefined {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(depth, () => this.#object(depth + 1))
      case '[':
        return this.#nested(depth, () => this.#list(depth + 1))
      case '"':
        return this.#string()
      default:
        return this.#number() ?? LITERALS.get(this.#take(LITERAL) ?? '')
    }
  }

  #nested(depth: number, read: () => Json | undefined): Json | undefined {
    if (depth >= DEEPEST) return this.#refuse('too_deep')
    this.#at++
    return read()
  }

  #object(depth: number): JsonObject | undefined {
    const members = new Map<string, Json>()
    this.#take(BLANKS)
    if (this.#skip('}')) return members
    do {
      this.#take(BLANKS)
      const key = this.#string()
      if (key === FORBIDDEN_KEY) return this.#refuse('forbidden_key')
      this.#take(BLANKS)
      if (key === undefined || !this.#skip(':')) return undefined
      const value = this.#value(depth)
      if (value === undefined) return undefined
      members.set(key, value)
    } while (this.#skip(','))
    return this.#skip('}') ? members : undefined
  }

  #list(depth: number): readonly Json[] | undefined {
    const items: Json[] = []
    this.#take(BLANKS)
    if (this.#skip(']')) return items
    do {
      const value = this.#value(depth)
      if (value === undefined) return undefined
      items.push(value)
    } while (this.#skip(','))
    return this.#skip(']') ? items : undefined
  }

  /** Half a surrogate pair is no text; it becomes the replacement character, as when it is written as UTF-8. */
  #string(): string | undefined {
    const token = this.#take(STRING)
    if (token === undefined) return undefined
    try {
      return (JSON.parse(token) as string).toWellFormed()
    } catch {
      return undefined
    }
  }

  #number(): NumberText | undefined {
    const token = this.#take(NUMBER)
    return token === undefined ? undefined : new NumberText(token)
  }

  #skip(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const token = pattern.exec(this.#text)?.[0]
    this.#at += token?.length ?? 0
    return token
  }

  #refuse(fault: JsonFault): undefined {
    this.fault = fault
    return undefined
  }
}
