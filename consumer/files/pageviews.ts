import { LineSplitter, withoutCarriageReturn } from './lines.ts'
import { type FileRecord, MAX_RECORD_BYTES, type RecordSplitter } from './record.ts'

/** Fields of a line, in order. */
const COLUMNS = 4
const WHOLE_NUMBER = /^\d{1,15}$/

/**
 * One record per line of Wikimedia's hourly pageviews, `project page count bytes`, as a JSON object with these keys and
 * the `timestamp` of the file's name. What names no project or page (nothing, `-` or `""`) is left out of the object; a
 * line of any other form is a record of its own text, which is not JSON.
 * Source of the format: https://wikitech.wikimedia.org/wiki/Data_Platform/Data_Lake/Traffic/Pageviews
 */
export class PageviewsSplitter implements RecordSplitter {
  readonly #lines: LineSplitter
  readonly #time: string

  constructor(path: string, maxRecordBytes = MAX_RECORD_BYTES) {
    this.#lines = new LineSplitter(maxRecordBytes)
    const timestamp = hourOf(path)
    this.#time = timestamp === undefined ? '' : `,"timestamp":"${timestamp}"`
  }

  push(chunk: Uint8Array): FileRecord[] {
    return this.#recordsOf(this.#lines.push(chunk))
  }

  end(): FileRecord[] {
    return this.#recordsOf(this.#lines.end())
  }

  #recordsOf(lines: FileRecord[]): FileRecord[] {
    return lines
      .map(withoutCarriageReturn)
      .filter(({ start, end }) => end > start)
      .map((line) => this.#read(line))
  }

  #read(line: FileRecord): FileRecord {
    const { bytes, start, end, position } = line
    const fields = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
      .toString()
      .split(' ')
    const [project = '', page = '', count = '', size = ''] = fields
    if (fields.length !== COLUMNS || !WHOLE_NUMBER.test(count) || !WHOLE_NUMBER.test(size)) return line
    const names = `${named('project', project)}${named('page', page)}`
    const json = Buffer.from(`{${names}"count":${Number(count)},"bytes":${Number(size)}${this.#time}}`)
    return { bytes: json, start: 0, end: json.length, position }
  }
}

const NOTHING = ['', '-', '""']

const named = (key: string, text: string): string => (NOTHING.includes(text) ? '' : `"${key}":${JSON.stringify(text)},`)

/** `pageviews-20240131-170000.gz` is of 2024-01-31T17:00:00Z; undefined when the name does not tell. */
export function hourOf(path: string): string | undefined {
  const [, year, month, day, hour] = /pageviews-(\d{4})(\d{2})(\d{2})-(\d{2})\d{4}/.exec(path) ?? []
  if (hour === undefined) return undefined
  const text = `${year}-${month}-${day}T${hour}:00:00Z`
  return Number.isNaN(Date.parse(text)) ? undefined : text
}
