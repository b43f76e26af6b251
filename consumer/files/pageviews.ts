import { isUtf8 } from 'node:buffer'
import { basename } from 'node:path'
import { LineSplitter, withoutCarriageReturn } from './lines.ts'
import { type FileRecord, MAX_RECORD_BYTES, type RecordSplitter } from './record.ts'

/** No title is nearly as long: a longer line is none of these files'. */
const LONGEST_LINE_BYTES = 16 * 1024

/** As a program wrote it that quotes what holds a blank or a quote, or as it is. */
const NAME = '"(?:[^"\\\\]|\\\\.)*"|[^ ]*'
/** Of files before 2023 a line lacks the name that was not known, and nothing tells which of the two it has. */
const LINE = new RegExp(`^(?:(${NAME}) (${NAME})|(?:${NAME})) (\\d{1,15}) (\\d{1,15})$`, 's')

/**
 * One record per line of Wikimedia's hourly pageviews, `domain_code page_title count_views total_response_size`, as the
 * JSON object `{"project","page","count","bytes","timestamp"}`. The last column is not kept any more and always 0.
 * What names no project or page (nothing, `-` or `""`) is left out of the object; a line of any other form is a record
 * of its own text, which is not JSON. Views of one page on the desktop and the mobile site are separate lines (`en` and
 * `en.m`).
 *
 * Titles stand in the file as they were in the address: blanks are underscores, anything else may occur. Files since
 * 2023 are written as CSV with blanks, so a title with a quote in it is quoted and has `\"` for each; older files have
 * such titles as they are.
 *
 * Source of the format: https://wikitech.wikimedia.org/wiki/Data_Platform/Data_Lake/Traffic/Pageviews, and the jobs that
 * write the files, transform_pageview_to_legacy_format.hql of wikimedia/analytics-refinery (in oozie/ until 2022, then
 * in hql/).
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
    if (end - start > LONGEST_LINE_BYTES) return line
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    const match = isUtf8(text) ? LINE.exec(text.toString()) : null
    if (match === null) return line
    const [, project = '', page = '', count, size] = match
    const names = `${member('project', project)}${member('page', page)}`
    const json = Buffer.from(`{${names}"count":${Number(count)},"bytes":${Number(size)}${this.#time}}`)
    return { bytes: json, start: 0, end: json.length, position }
  }
}

const NOTHING = ['', '-', '""']

const member = (key: string, field: string): string =>
  NOTHING.includes(field) ? '' : `"${key}":${JSON.stringify(unquoted(field))},`

/** Only what holds a blank or a quote was quoted: other quotes belong to the title, as in "Heroes". */
function unquoted(field: string): string {
  const [, inner = ''] = /^"(.*)"$/s.exec(field) ?? []
  return /\\"| /.test(inner) ? inner.replaceAll('\\"', '"') : field
}

/**
 * The time that a file's name tells, always of UTC: `pageviews-20240131-170000.gz` is of 2024-01-31T17:00:00Z, and has
 * the views from 16:00 to 17:00. The name tells the end of the hour, as the older pagecounts files had it, so all views
 * of the file had happened by then. Undefined when the name does not tell.
 */
export function hourOf(path: string): string | undefined {
  const [, year, month, day, hour] = /^pageviews-(\d{4})(\d{2})(\d{2})-(\d{2})\d{4}/i.exec(basename(path)) ?? []
  if (hour === undefined) return undefined
  const text = `${year}-${month}-${day}T${hour}:00:00Z`
  return Number.isNaN(Date.parse(text)) ? undefined : text
}
