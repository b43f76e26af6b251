import { isUtf8 } from 'node:buffer'
import { NEWLINE, QUOTE } from './bytes.ts'
import { QuotedRow } from './csv-row.ts'
import { LineSplitter, withoutCarriageReturn } from './lines.ts'
import type { FileRecord } from './record.ts'

export interface CsvRow extends FileRecord {
  /** True when the text cannot be read as cells: unbalanced quotes, not UTF-8, too large. */
  isBroken: boolean
}

interface OpenRow {
  row: QuotedRow
  lines: FileRecord[]
  bytes: number
}

export interface CsvRowOptions {
  /** One ASCII character. */
  delimiter: string
  maxRecordBytes: number
  /** Cells of a row; without it, as many as the first row has. */
  columnCount?: number | undefined
}

/**
 * Cuts CSV into rows; empty lines are none. A row over several lines counts only if it ends up with the right number
 * of cells: otherwise a stray quote opened it, its first line alone is broken, and the lines after are rows again.
 */
export class CsvRowSplitter {
  readonly #delimiter: number
  readonly #maxRecordBytes: number
  readonly #lines: LineSplitter
  #columnCount: number | undefined
  #open: OpenRow | undefined
  #rows: CsvRow[] = []

  constructor({ delimiter, maxRecordBytes, columnCount }: CsvRowOptions) {
    this.#delimiter = delimiter.charCodeAt(0)
    this.#maxRecordBytes = maxRecordBytes
    this.#lines = new LineSplitter(maxRecordBytes)
    this.#columnCount = columnCount
  }

  push(chunk: Uint8Array): CsvRow[] {
    for (const line of this.#lines.push(chunk)) this.#accept(line)
    return this.#takeRows()
  }

  end(): CsvRow[] {
    for (const line of this.#lines.end()) this.#accept(line)
    if (this.#open) this.#giveUp(this.#open)
    return this.#takeRows()
  }

  #takeRows(): CsvRow[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  #accept(line: FileRecord): void {
    const text = line.bytes.subarray(line.start, line.end)
    const hasQuote = text.includes(QUOTE)
    if (this.#open) this.#goOn(this.#open, line, hasQuote)
    else if (text.length > this.#maxRecordBytes) this.#add(line, true)
    else if (hasQuote || this.#columnCount === undefined) this.#begin(line)
    else this.#add(line, false)
  }

  #begin(line: FileRecord): void {
    const row = new QuotedRow(this.#delimiter)
    const state = row.read(line)
    if (state === 'open') {
      this.#open = { row, lines: [line], bytes: line.end - line.start }
      return
    }
    if (this.#add(line, state === 'broken')) this.#columnCount ??= row.cells
  }

  #goOn(open: OpenRow, line: FileRecord, hasQuote: boolean): void {
    open.lines.push(line)
    open.bytes += line.end - line.start + 1
    const state = hasQuote ? open.row.read(line) : 'open'
    const fits = open.bytes <= this.#maxRecordBytes
    if (fits && state === 'open') return
    if (fits && state === 'complete' && open.row.cells === (this.#columnCount ?? open.row.cells)) {
      this.#open = undefined
      this.#columnCount ??= open.row.cells
      this.#add(joinLines(open.lines), false)
    } else {
      this.#giveUp(open)
    }
  }

  /** Does not nest: of the lines after the first, only the last has the odd number of quotes that can open a row. */
  #giveUp({ lines: [first, ...rest] }: OpenRow): void {
    this.#open = undefined
    this.#add(first!, true)
    for (const line of rest) this.#accept(line)
  }

  /** False for an empty line, which is no row. */
  #add(line: FileRecord, isBroken: boolean): boolean {
    const { bytes, start, end, position } = withoutCarriageReturn(line)
    if (start === end) return false
    this.#rows.push({ bytes, start, end, position, isBroken: isBroken || !isUtf8(bytes.subarray(start, end)) })
    return true
  }
}

/** The lines as they stand in the file; a view when they lie in one chunk. */
function joinLines(lines: readonly FileRecord[]): FileRecord {
  const first = lines[0]!
  const last = lines.at(-1)!
  if (lines.every(({ bytes }) => bytes === first.bytes)) return { ...first, end: last.end }
  const newline = Uint8Array.of(NEWLINE)
  const pieces = lines.flatMap(({ bytes, start, end }) => [bytes.subarray(start, end), newline])
  const bytes = Buffer.concat(pieces.slice(0, -1))
  return { bytes, start: 0, end: bytes.length, position: first.position }
}
