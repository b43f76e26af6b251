import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isBlank,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../consumer/files/bytes.ts'
import { OpenBrackets } from './open-brackets.ts'
import { RefusedRequest } from './refused-request.ts'

/**
 * Finds where the values of a JSON text begin and end, by its quotes and brackets alone: a value that is broken inside
 * has its bounds like any other, so that the ones beside it can be read. Linear, without recursion.
 */
export class JsonStructure {
  readonly #bytes: Uint8Array
  readonly #open = new OpenBrackets()

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The byte at a position; -1 where the text has ended. */
  at(position: number): number {
    return position < this.#bytes.length ? this.#bytes[position]! : -1
  }

  /** From a position to the first byte that is not blank. */
  skipBlanks(from: number): number {
    const bytes = this.#bytes
    let at = from
    while (at < bytes.length && isBlank(bytes[at]!)) at++
    return at
  }

  /** From the opening quote of a string to behind its closing one. */
  endOfString(from: number): number {
    const bytes = this.#bytes
    for (let at = from + 1; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === QUOTE) return at + 1
      if (byte === BACKSLASH) at++
    }
    throw this.malformed(from, 'a string is not closed that begins')
  }

  /**
   * From where a value begins to behind its last byte: up to the comma or bracket that ends it, or to the end of the
   * text. The same position when nothing stands there.
   */
  endOfValue(from: number): number {
    const bytes = this.#bytes
    const open = this.#open
    let end = from
    for (let at = from; at < bytes.length; ) {
      const byte = bytes[at]!
      if (byte === QUOTE) {
        at = this.endOfString(at)
        end = at
        continue
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) open.open(byte)
      else if (open.depth === 0 && (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) return end
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && !open.close(byte))
        throw this.malformed(at, `${String.fromCharCode(byte)} closes what it did not open`)
      at++
      if (!isBlank(byte)) end = at
    }
    if (open.depth > 0) throw this.malformed(from, 'not every bracket is closed of the value that begins')
    return end
  }

  /** @param what the fault; `at byte N` follows */
  malformed(position: number, what: string): RefusedRequest {
    const where = `at byte ${position} of ${this.#bytes.length}, counted from 0`
    return new RefusedRequest(400, 'malformed_json', `The body is not well-formed JSON: ${what} ${where}.`)
  }
}
