import { JsonScanner } from '../../consumer/contract/json-scan.ts'
import { ACCEPTED, rejected } from '../../consumer/contract/outcome.ts'
import { jsonTextOf } from '../sinks/json-text.ts'

/** `json` is one array, `ndjson` one record a line. */
export const EXPORT_FORMATS = ['json', 'ndjson'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

const OPENING: Record<ExportFormat, string> = { json: '[\n', ndjson: '' }
const BETWEEN: Record<ExportFormat, string> = { json: ',\n', ndjson: '\n' }
const CLOSING: Record<ExportFormat, string> = { json: '\n]\n', ndjson: '\n' }
const LONGEST_SEPARATOR = 3

const CHUNK_BYTES = 64 * 1024
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const BLANK = 0x20
/** JSON all the same, only no event. */
const NOT_AN_OBJECT = rejected('not_an_object')

/** Records one after another as one text, in chunks of about 64 KiB: a write for each record would cost far more. */
export class RecordText {
  readonly #format: ExportFormat
  readonly #scanner = new JsonScanner([])
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  #used = 0
  #records = 0

  constructor(format: ExportFormat) {
    this.#format = format
    this.#write(OPENING[format])
  }

  get records(): number {
    return this.#records
  }

  /**
   * Adds the record bytes[start, end) on a line of its own, as it is where it is JSON, else as a JSON string.
   * @returns the chunk that it did not fit into any more
   */
  add(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const outcome = this.#scanner.scan(bytes, start, end)
    if (outcome === ACCEPTED || outcome === NOT_AN_OBJECT) return this.#addJson(bytes, start, end)
    const text = Buffer.from(jsonTextOf(bytes.subarray(start, end)))
    return this.#addJson(text, 0, text.length)
  }

  /** The rest of the text. */
  end(): Uint8Array {
    if (this.#format === 'json' || this.#records > 0) this.#write(CLOSING[this.#format])
    return this.#chunk.subarray(0, this.#used)
  }

  #addJson(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const full = this.#makeRoom(end - start + 2 * LONGEST_SEPARATOR)
    if (this.#records > 0) this.#write(BETWEEN[this.#format])
    const line = this.#chunk.subarray(this.#used, this.#used + end - start)
    line.set(bytes.subarray(start, end))
    // Within JSON they stand between values only, where a blank says the same.
    replaceAll(line, LINE_FEED)
    replaceAll(line, CARRIAGE_RETURN)
    this.#used += line.length
    this.#records += 1
    return full
  }

  #makeRoom(bytes: number): Uint8Array | undefined {
    if (this.#used + bytes <= this.#chunk.length) return undefined
    const full = this.#chunk.subarray(0, this.#used)
    // The one before is still on its way to the reader.
    this.#chunk = Buffer.allocUnsafe(Math.max(bytes, CHUNK_BYTES))
    this.#used = 0
    return full.length === 0 ? undefined : full
  }

  #write(separator: string): void {
    this.#used += this.#chunk.write(separator, this.#used, 'latin1')
  }
}

function replaceAll(line: Uint8Array, byte: number): void {
  for (let at = line.indexOf(byte); at !== -1; at = line.indexOf(byte, at + 1)) line[at] = BLANK
}
