import type { FileRecord } from './record.ts'

/** The beginning of a record whose end has not arrived yet. Holds at most `maxRecordBytes` + 1 bytes and drops the rest. */
export class Carry {
  readonly #limit: number
  #pieces: Uint8Array[] = []
  #length = 0

  constructor(maxRecordBytes: number) {
    this.#limit = maxRecordBytes + 1
  }

  add(piece: Uint8Array): void {
    const kept = piece.subarray(0, this.#limit - this.#length)
    if (kept.length === 0) return
    this.#pieces.push(kept)
    this.#length += kept.length
  }

  /** The record that ends before `end` of this chunk: a view when it began there too, else a copy. Empties the carry. */
  complete(chunk: Uint8Array, start: number, end: number, position: number): FileRecord {
    if (this.#length === 0) return { bytes: chunk, start, end: Math.min(end, start + this.#limit), position }
    this.add(chunk.subarray(start, end))
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#length = 0
    return { bytes, start: 0, end: bytes.length, position }
  }

  get isEmpty(): boolean {
    return this.#length === 0
  }
}
