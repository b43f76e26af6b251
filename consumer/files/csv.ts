import { parse } from 'csv-parse/sync'
import { NEWLINE } from './bytes.ts'
import { columnNames } from './csv-columns.ts'
import { RowWriter } from './csv-json.ts'
import { type CsvRow, CsvRowSplitter } from './csv-rows.ts'
import { type FileRecord, MAX_RECORD_BYTES, type RecordSplitter } from './record.ts'
import { UnreadableFile } from './unreadable-file.ts'

/** Which of the named columns of a file hold numbers. */
export type NumericColumns = (columns: readonly string[]) => ReadonlySet<string>

export interface CsvOptions {
  /** Names of the columns of a file without a header line; without them the first row is the header. */
  columns?: readonly string[] | undefined
  /** Which of a file's columns hold numbers, to be JSON numbers as well; none of them unless given. */
  numericColumns?: NumericColumns | undefined
  delimiter?: ',' | '\t'
  maxRecordBytes?: number
}

/**
 * One record per row: a JSON object of its cells by column name, with all values as strings and empty cells left out.
 * In numeric columns, what JSON takes for a number is one.
 * A row that cannot be read, or has too few or too many cells, becomes a record of its own text: that is not JSON, so
 * it is counted as malformed. Throws {@link UnreadableFile} when the header is unusable.
 *
 * csv-parse reads the cells. Where a row ends is decided before, because for the library an unbalanced quote ends the
 * run or swallows all rows up to the next quote.
 */
export class CsvSplitter implements RecordSplitter {
  readonly #path: string
  readonly #delimiter: string
  readonly #rows: CsvRowSplitter
  readonly #numericColumns: NumericColumns | undefined
  #columnCount = 0
  #writer: RowWriter | undefined

  constructor(
    path: string,
    { columns, numericColumns, delimiter = ',', maxRecordBytes = MAX_RECORD_BYTES }: CsvOptions = {},
  ) {
    this.#path = path
    this.#numericColumns = numericColumns
    this.#delimiter = delimiter
    this.#rows = new CsvRowSplitter({ delimiter, maxRecordBytes, columnCount: columns?.length })
    if (columns) this.#name(columns, 'the given columns')
  }

  push(chunk: Uint8Array): FileRecord[] {
    return this.#recordsOf(this.#rows.push(chunk))
  }

  end(): FileRecord[] {
    return this.#recordsOf(this.#rows.end())
  }

  #name(columns: readonly string[], where: string): RowWriter {
    this.#columnCount = columns.length
    this.#writer = new RowWriter(columnNames(this.#path, columns, where), this.#numericColumns?.(columns))
    return this.#writer
  }

  #recordsOf(rows: CsvRow[]): FileRecord[] {
    if (rows.length === 0) return []
    const writer = this.#writer ?? this.#name(this.#header(rows.shift()!), 'the header line')
    const records: FileRecord[] = []
    let from = 0
    while (from < rows.length) {
      const first = rows[from]!
      let to = from + 1
      if (first.isBroken) {
        records.push(first)
      } else {
        while (to < rows.length && !rows[to]!.isBroken && rows[to]!.bytes === first.bytes) to++
        this.#convert(rows.slice(from, to), writer, records)
      }
      from = to
    }
    return records
  }

  #header(row: CsvRow): string[] {
    if (!row.isBroken) return this.#cellsOf([row])[0]!
    throw new UnreadableFile(this.#path, `the header (line ${row.position}) is not CSV; check its quotes and encoding`)
  }

  /** All rows are parsed in one call and their JSON is encoded in one: about five times faster than row by row. */
  #convert(rows: readonly CsvRow[], writer: RowWriter, records: FileRecord[]): void {
    const cells = this.#cellsOf(rows)
    let text = ''
    for (const row of cells) if (row.length === this.#columnCount) text += `${writer.write(row)}\n`
    const json = Buffer.from(text)
    let start = 0
    for (const [index, row] of rows.entries()) {
      if (cells[index]!.length !== this.#columnCount) {
        records.push(row)
        continue
      }
      const end = json.indexOf(NEWLINE, start)
      records.push({ bytes: json, start, end, position: row.position })
      start = end + 1
    }
  }

  /** Of rows that lie in one chunk one after the other. */
  #cellsOf(rows: readonly CsvRow[]): string[][] {
    const { bytes, start } = rows[0]!
    const cells: string[][] = parse(bytes.subarray(start, rows.at(-1)!.end), {
      delimiter: this.#delimiter,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
    })
    if (cells.length !== rows.length) throw new Error(`csv-parse saw ${cells.length} rows where ${rows.length} are`)
    return cells
  }
}
