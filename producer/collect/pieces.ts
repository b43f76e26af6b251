import { RefusedRequest } from './refused-request.ts'

/** One record of a body: bytes `start` (inclusive) to `end` (exclusive) of it, without the blanks around. */
export interface Piece {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** The records found so far. Stops at the first too many: a million empty objects would cost more than their bytes. */
export class Pieces {
  readonly found: Piece[] = []
  readonly #bytes: Uint8Array
  readonly #most: number

  constructor(bytes: Uint8Array, most: number) {
    this.#bytes = bytes
    this.#most = most
  }

  /** @throws {RefusedRequest} 413 `too_many_records` */
  add(start: number, end: number): void {
    if (this.found.length === this.#most) {
      const fix = `The request has more than ${this.#most} records: send fewer at a time, or raise --max-request-records.`
      throw new RefusedRequest(413, 'too_many_records', fix)
    }
    this.found.push({ bytes: this.#bytes, start, end })
  }
}
