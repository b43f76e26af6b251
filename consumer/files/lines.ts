import { CARRIAGE_RETURN, NEWLINE } from './bytes.ts'
import { Carry } from './carry.ts'
import type { FileRecord, RecordSplitter } from './record.ts'

const NOTHING = new Uint8Array(0)

/** Every line of a file, blank ones too, without its `\n` but with its `\r`. */
export class LineSplitter implements RecordSplitter {
  readonly #carry: Carry
  #lineNumber = 1

  constructor(maxRecordBytes: number) {
    this.#carry = new Carry(maxRecordBytes)
  }

  push(chunk: Uint8Array): FileRecord[] {
    const lines: FileRecord[] = []
    let start = 0
    for (let newline = chunk.indexOf(NEWLINE); newline !== -1; newline = chunk.indexOf(NEWLINE, start)) {
      lines.push(this.#carry.complete(chunk, start, newline, this.#lineNumber++))
      start = newline + 1
    }
    this.#carry.add(chunk.subarray(start))
    return lines
  }

  end(): FileRecord[] {
    return this.#carry.isEmpty ? [] : [this.#carry.complete(NOTHING, 0, 0, this.#lineNumber)]
  }
}

/** The line without the `\r` of a `\r\n`. */
export function withoutCarriageReturn(line: FileRecord): FileRecord {
  if (line.end > line.start && line.bytes[line.end - 1] === CARRIAGE_RETURN) line.end--
  return line
}
