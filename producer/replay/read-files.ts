import type { NumericColumns } from '../../consumer/files/csv.ts'
import type { FileFormat } from '../../consumer/files/format.ts'
import { readEvents } from '../../consumer/files/read-events.ts'
import type { FileRecord } from '../../consumer/files/record.ts'
import type { Position } from './progress-note.ts'
import type { SourceFile } from './source-files.ts'

/** How the files are read; what is undefined is told by each file. */
export interface Reading {
  readonly format: FileFormat | undefined
  readonly columns: readonly string[] | undefined
  readonly numericColumns: NumericColumns | undefined
}

export interface ReadingWords extends Reading {
  readonly files: readonly SourceFile[]
  /** Records before it are read and passed over. */
  readonly from: Position
  /** Told of each file before it is read. */
  readonly onFile: (path: string) => void
  readonly onProgress: (bytesRead: number, totalBytes: number) => void
}

/** Records that follow each other in a file. */
export interface ReadSlice {
  /** Index of the file. */
  readonly file: number
  /** How many records of the file come before. */
  readonly before: number
  readonly records: readonly FileRecord[]
}

/**
 * The records of the files, one file after the other, read as they are taken.
 * @throws {UnreadableFile} as `readEvents`
 */
export async function* readFiles({
  files,
  from,
  onFile,
  ...reading
}: ReadingWords): AsyncGenerator<ReadSlice, void, undefined> {
  for (const [file, { path }] of files.entries()) {
    if (file < from.file) continue
    onFile(path)
    const passedOver = file === from.file ? from.records : 0
    let before = 0
    for await (const records of readEvents(path, reading)) {
      const rest = records.slice(Math.max(0, passedOver - before))
      const start = before + records.length - rest.length
      before += records.length
      if (rest.length > 0) yield { file, before: start, records: rest }
    }
  }
}
