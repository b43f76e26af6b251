import { startingWith, unpack } from './archive.ts'
import { isBlank } from './bytes.ts'
import { CsvSplitter, type NumericColumns } from './csv.ts'
import { type FileFormat, formatOf } from './format.ts'
import { JsonArraySplitter } from './json-array.ts'
import { NdjsonSplitter } from './ndjson.ts'
import { type OnProgress, readBytes } from './open.ts'
import { PageviewsSplitter } from './pageviews.ts'
import { peek } from './peek.ts'
import type { FileRecord, RecordSplitter } from './record.ts'
import { UnreadableFile } from './unreadable-file.ts'

export interface ReadOptions {
  /** Read the file as this, whatever its name says. */
  format?: FileFormat | undefined
  /** Column names of a CSV file without a header line. */
  columns?: readonly string[] | undefined
  /** Which columns of a CSV file become JSON numbers where they hold some. */
  numericColumns?: NumericColumns | undefined
  onProgress?: OnProgress | undefined
  /** Told what the file is, before its first record. */
  onFormat?: ((format: FileFormat) => void) | undefined
}

/** A file that begins with more blank bytes than this has its format told by its name or an option. */
const HEAD_BYTES = 64 * 1024

/**
 * Yields the records of a file in batches, each record one JSON text, in constant memory. `-` is standard input.
 * What is broken inside the file is a record, never an error.
 * @throws {UnreadableFile} when the file cannot be opened, its archive is cut short or damaged (after all records
 * before that place; the one it cuts is left out), its JSON array is cut short (after all records), it is UTF-16, or its
 * CSV header is unusable.
 */
export async function* readEvents(
  path: string,
  { format, columns, numericColumns, onProgress, onFormat }: ReadOptions = {},
): AsyncGenerator<readonly FileRecord[], void, undefined> {
  const source = unpack(path, readBytes(path, onProgress))
  try {
    const head = withoutByteOrderMark(path, await peek(source, tellsFormat))
    const found = formatOf(path, head, format)
    onFormat?.(found)
    const splitter = splitterFor(path, found, { columns, numericColumns })
    for await (const chunk of startingWith(head, source)) {
      const records = splitter.push(chunk)
      if (records.length > 0) yield records
    }
    const records = splitter.end()
    if (records.length > 0) yield records
    if (splitter.isCutShort)
      throw new UnreadableFile(path, 'the JSON array is cut short (it has no end); fetch it again')
  } finally {
    await source.return()
  }
}

const tellsFormat = (head: Uint8Array): boolean =>
  head.length >= HEAD_BYTES || (head.length >= 3 && head.some((byte) => !isBlank(byte)))

function withoutByteOrderMark(path: string, head: Uint8Array): Uint8Array {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return head.subarray(3)
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  if (isUtf16) throw new UnreadableFile(path, 'is UTF-16 text; convert it first (iconv -f UTF-16 -t UTF-8)')
  return head
}

function splitterFor(
  path: string,
  format: FileFormat,
  csv: Pick<ReadOptions, 'columns' | 'numericColumns'>,
): RecordSplitter {
  switch (format) {
    case 'csv':
      return new CsvSplitter(path, csv)
    case 'tsv':
      return new CsvSplitter(path, { ...csv, delimiter: '\t' })
    case 'ndjson':
      return new NdjsonSplitter()
    case 'json':
      return new JsonArraySplitter()
    case 'pageviews':
      return new PageviewsSplitter(path)
  }
}
