import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, isBlank, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.ts'
import { Carry } from './carry.ts'
import { type FileRecord, MAX_RECORD_BYTES, type RecordSplitter } from './record.ts'

const NOTHING = new Uint8Array(0)

/**
 * One record per element of a JSON array, its bytes as they stand between the commas. Expects the text to begin with
 * `[`. An element cut off by the end of the file, and whatever follows the closing bracket, is a record too, so that
 * nothing of the file goes uncounted.
 */
export class JsonArraySplitter implements RecordSplitter {
  readonly #carry: Carry
  #place: 'before' | 'inside' | 'after' = 'before'
  #element = 1
  /** True from the first byte of an element that is not blank to the comma or bracket that ends it. */
  #began = false
  #depth = 0
  #inString = false
  #escaped = false

  constructor(maxRecordBytes = MAX_RECORD_BYTES) {
    this.#carry = new Carry(maxRecordBytes)
  }

  push(chunk: Uint8Array): FileRecord[] {
    const records: FileRecord[] = []
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      if (this.#inString) {
        at = this.#passString(chunk, at)
        continue
      }
      const byte = chunk[at]!
      if (this.#endsElement(byte)) {
        if (this.#began) records.push(this.#complete(chunk, start, at))
        if (byte === CLOSE_BRACKET) this.#place = 'after'
      } else if (this.#place === 'before') {
        if (byte === OPEN_BRACKET) this.#place = 'inside'
      } else if (!isBlank(byte)) {
        if (!this.#began) {
          this.#began = true
          start = at
        }
        if (this.#place === 'inside') this.#enter(byte)
      }
    }
    if (this.#began) this.#carry.add(chunk.subarray(start))
    return records
  }

  end(): FileRecord[] {
    return this.#began ? [this.#complete(NOTHING, 0, 0)] : []
  }

  get isCutShort(): boolean {
    return this.#place === 'inside'
  }

  #endsElement(byte: number): boolean {
    return this.#place === 'inside' && this.#depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)
  }

  #enter(byte: number): void {
    if (byte === QUOTE) this.#inString = true
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++
    else if (this.#depth > 0 && (byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) this.#depth--
  }

  /** Index of the string's closing quote, or of the last byte when the string goes on in the next chunk. */
  #passString(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]
      if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) {
        this.#inString = false
        return at
      }
    }
    return chunk.length - 1
  }

  #complete(chunk: Uint8Array, start: number, end: number): FileRecord {
    const record = this.#carry.complete(chunk, start, end, this.#element++)
    while (record.end > record.start && isBlank(record.bytes[record.end - 1]!)) record.end--
    this.#began = false
    return record
  }
}
