import { CARRIAGE_RETURN, QUOTE } from './bytes.ts'
import type { FileRecord } from './record.ts'

/**
 * Where a row with quotes ends: a quoted cell may hold newlines, so the row is read line by line until it is complete.
 * Strict (RFC 4180): a quote opens a cell at its very beginning, is doubled inside, and a delimiter or the end of the
 * line follows where it closes. Anything else is broken.
 */
export class QuotedRow {
  readonly #delimiter: number
  #isOpen = false
  #cells = 1

  constructor(delimiter: number) {
    this.#delimiter = delimiter
  }

  /** Cells seen so far. */
  get cells(): number {
    return this.#cells
  }

  /** `open`: the row goes on in the next line. */
  read({ bytes, start, end }: FileRecord): 'complete' | 'open' | 'broken' {
    const lineEnd = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
    let at = start
    for (;;) {
      if (!this.#isOpen && at < end && bytes[at] === QUOTE) {
        this.#isOpen = true
        at++
      }
      if (this.#isOpen) {
        at = afterClosingQuote(bytes, at, end)
        if (at === -1) return 'open'
        this.#isOpen = false
      } else {
        while (at < lineEnd && bytes[at] !== this.#delimiter) if (bytes[at++] === QUOTE) return 'broken'
      }
      if (at >= lineEnd) return 'complete'
      if (bytes[at] !== this.#delimiter) return 'broken'
      at++
      this.#cells++
    }
  }
}

/** One past the quote that closes the cell, or -1 when the cell is still open at `end`. */
function afterClosingQuote(bytes: Uint8Array, from: number, end: number): number {
  let at = bytes.indexOf(QUOTE, from)
  while (at !== -1 && at < end) {
    if (bytes[at + 1] !== QUOTE) return at + 1
    at = bytes.indexOf(QUOTE, at + 2)
  }
  return -1
}
