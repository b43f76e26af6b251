import { decodeUtf8, JsonScanner } from '../../consumer/contract/json-scan.ts'
import { ACCEPTED, rejected } from '../../consumer/contract/outcome.ts'
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  NEWLINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../consumer/files/bytes.ts'
import { JsonStructure } from './json-structure.ts'
import type { Pieces } from './pieces.ts'
import { RefusedRequest } from './refused-request.ts'

const NOT_AN_OBJECT = rejected('not_an_object')
const COLON = 0x3a

/** How long `"records"` can be written, quotes included: as it is, and with every letter as \u0072. */
const SHORTEST_RECORDS = 9
const LONGEST_RECORDS = 44

/**
 * Adds the records of one JSON text that is not blank. `lines` when it is several texts instead, the first an object
 * that ends on the line it begins on; nothing is added then.
 * @throws {RefusedRequest} 400 `malformed_json` and `invalid_records`, and as {@link Pieces.add}
 */
export function splitJson(bytes: Uint8Array, pieces: Pieces): 'whole' | 'lines' {
  return new JsonBody(bytes, pieces).split()
}

class JsonBody {
  readonly #bytes: Uint8Array
  readonly #pieces: Pieces
  readonly #json: JsonStructure
  readonly #scanner = new JsonScanner([])
  #isEnvelope = false
  /** Where something stands beside the records that is no JSON; of no interest when the object is itself the record. */
  #brokenAt: number | undefined

  constructor(bytes: Uint8Array, pieces: Pieces) {
    this.#bytes = bytes
    this.#pieces = pieces
    this.#json = new JsonStructure(bytes)
  }

  split(): 'whole' | 'lines' {
    const json = this.#json
    const first = json.skipBlanks(0)
    const opening = json.at(first)
    if (opening !== OPEN_BRACE && opening !== OPEN_BRACKET) throw this.#neither(first)
    const end = opening === OPEN_BRACE ? this.#members(first + 1) : this.#elements(first + 1)
    if (this.#isEnvelope && this.#brokenAt !== undefined)
      throw json.malformed(this.#brokenAt, 'no JSON text, or one nested too deeply, stands beside the records')
    const isRecord = opening === OPEN_BRACE && !this.#isEnvelope
    const next = json.skipBlanks(end)
    if (next < this.#bytes.length) {
      if (isRecord && !this.#hasNewline(first, end) && this.#hasNewline(end, next)) return 'lines'
      throw json.malformed(next, 'it has ended, but more follows')
    }
    if (isRecord) this.#pieces.add(first, end)
    return 'whole'
  }

  /** From behind the opening brace to behind the closing one. */
  #members(from: number): number {
    const json = this.#json
    let at = json.skipBlanks(from)
    if (json.at(at) === CLOSE_BRACE) return at + 1
    for (;;) {
      if (json.at(at) !== QUOTE) throw json.malformed(at, 'a key should stand')
      const keyEnd = json.endOfString(at)
      const colon = json.skipBlanks(keyEnd)
      if (json.at(colon) !== COLON) throw json.malformed(colon, 'a colon should stand')
      const value = json.skipBlanks(colon + 1)
      const end = this.#isRecordsKey(at, keyEnd) ? this.#records(value) : this.#otherValue(value)
      at = json.skipBlanks(end)
      if (json.at(at) === CLOSE_BRACE) return at + 1
      if (json.at(at) !== COMMA) throw json.malformed(at, 'a comma or the closing } should stand')
      at = json.skipBlanks(at + 1)
    }
  }

  #records(value: number): number {
    if (this.#isEnvelope) throw invalidRecords('"records" stands in the body twice: send one array')
    if (this.#json.at(value) !== OPEN_BRACKET)
      throw invalidRecords('"records" is no array: send {"records":[...]}, also for a single one')
    this.#isEnvelope = true
    return this.#elements(value + 1)
  }

  #otherValue(from: number): number {
    const end = this.#json.endOfValue(from)
    if (end === from) throw this.#json.malformed(from, 'a value should stand')
    this.#check(from, end)
    return end
  }

  /** From behind the opening bracket to behind the closing one. */
  #elements(from: number): number {
    const json = this.#json
    let at = json.skipBlanks(from)
    if (json.at(at) === CLOSE_BRACKET) return at + 1
    for (;;) {
      const end = json.endOfValue(at)
      if (end === at) throw json.malformed(at, 'a record should stand')
      this.#pieces.add(at, end)
      at = json.skipBlanks(end)
      if (json.at(at) === CLOSE_BRACKET) return at + 1
      if (json.at(at) !== COMMA) throw json.malformed(at, 'a comma or the closing ] should stand')
      at = json.skipBlanks(at + 1)
    }
  }

  #isRecordsKey(start: number, end: number): boolean {
    const isText = this.#check(start, end)
    const length = end - start
    if (!isText || length < SHORTEST_RECORDS || length > LONGEST_RECORDS) return false
    return JSON.parse(decodeUtf8(this.#bytes, start, end)) === 'records'
  }

  /** Whether it is JSON. */
  #check(start: number, end: number): boolean {
    const outcome = this.#scanner.scan(this.#bytes, start, end)
    const isJson = outcome === ACCEPTED || outcome === NOT_AN_OBJECT
    if (!isJson) this.#brokenAt ??= start
    return isJson
  }

  #hasNewline(from: number, end: number): boolean {
    const newline = this.#bytes.indexOf(NEWLINE, from)
    return newline !== -1 && newline < end
  }

  #neither(first: number): RefusedRequest {
    if (this.#scanner.scan(this.#bytes, 0, this.#bytes.length) !== NOT_AN_OBJECT)
      return this.#json.malformed(first, 'an object or an array should begin')
    return invalidRecords('The body is neither an object nor an array: send {"records":[...]}, an array or a record')
  }
}

const invalidRecords = (what: string): RefusedRequest => new RefusedRequest(400, 'invalid_records', `${what}.`)
