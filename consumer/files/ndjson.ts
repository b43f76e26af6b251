import { isBlank } from './bytes.ts'
import { LineSplitter, withoutCarriageReturn } from './lines.ts'
import { type FileRecord, MAX_RECORD_BYTES, type RecordSplitter } from './record.ts'

/** One record per line that is not blank, its bytes untouched: whether they are JSON, or even UTF-8, is judged later. */
export class NdjsonSplitter implements RecordSplitter {
  readonly #lines: LineSplitter

  constructor(maxRecordBytes = MAX_RECORD_BYTES) {
    this.#lines = new LineSplitter(maxRecordBytes)
  }

  push(chunk: Uint8Array): FileRecord[] {
    return recordsOf(this.#lines.push(chunk))
  }

  end(): FileRecord[] {
    return recordsOf(this.#lines.end())
  }
}

const recordsOf = (lines: FileRecord[]): FileRecord[] => lines.map(withoutCarriageReturn).filter(hasContent)

function hasContent({ bytes, start, end }: FileRecord): boolean {
  for (let at = start; at < end; at++) if (!isBlank(bytes[at]!)) return true
  return false
}
