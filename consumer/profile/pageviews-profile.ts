import { readDouble } from '../contract/decimal.ts'
import { Hash64 } from '../contract/hash.ts'
import { ABSENT, decodeUtf8, ESCAPED, JsonScanner, NULL, NUMBER, STRING } from '../contract/json-scan.ts'
import { ACCEPTED } from '../contract/outcome.ts'
import { grouped } from '../report/section.ts'
import { Distribution, type DistributionSummary } from './distribution.ts'
import { HashCounts } from './hash-counts.ts'
import type { ProfiledRecord } from './profiled-record.ts'
import { type TopTexts, topTexts } from './ranked-texts.ts'
import { Ranking } from './ranking.ts'

const FIELDS = ['project', 'page', 'count', 'bytes', 'timestamp'] as const
const PROJECT = 0
const PAGE = 1
const COUNT = 2
const BYTES = 3
const TIMESTAMP = 4
/** A year has 8,784. */
const MOST_HOURS = 10_000

/** Most frequent by views and by lines. */
export interface ByViewsAndLines {
  readonly by_views: TopTexts
  readonly by_lines: TopTexts
}

/** What `--format json` prints of Wikimedia's hourly pageviews. Shares are 0 to 1. */
export interface PageviewsSummary {
  readonly lines: number
  /** Lines that are not `project page count bytes`, or records that are no JSON object. They are in nothing below. */
  readonly other_form: number
  readonly fields: readonly { readonly field: string; readonly present: number; readonly share: number }[]
  /** Lines and views by hour, ISO 8601; `unknown` where neither the file's name nor the record tells it. */
  readonly hours: Readonly<Record<string, { readonly lines: number; readonly views: number }>>
  readonly views: DistributionSummary
  readonly bytes: DistributionSummary
  /** Counts and sizes that are no whole numbers from 0 on. They are in no distribution. */
  readonly unusable_numbers: number
  /** Lines with the project and the page of an earlier one of the same hour. */
  readonly duplicates: number
  /** False beyond 2.5 million pages, when a sample of them stands for all. */
  readonly duplicates_exact: boolean
  readonly projects: ByViewsAndLines
  /** As `project page`. */
  readonly pages: ByViewsAndLines
  readonly notes: readonly string[]
}

/** What hourly pageviews hold, as files or as the JSON records made of them, in one pass and constant memory. */
export class PageviewsProfile {
  readonly #scanner = new JsonScanner(FIELDS)
  readonly #present = new Float64Array(FIELDS.length)
  readonly #hours = new Map<string, { lines: number; views: number }>()
  readonly #views = new Distribution()
  readonly #bytes = new Distribution()
  readonly #seen = new HashCounts()
  readonly #projects = { byViews: new Ranking(), byLines: new Ranking() }
  readonly #pages = { byViews: new Ranking(), byLines: new Ranking() }
  readonly #hash = new Hash64()
  /** Project, blank and page of the line at hand. */
  #name = new Uint8Array(1024)
  #nameEnd = 0
  #lines = 0
  #otherForm = 0
  #unusable = 0

  add({ bytes, start, end }: ProfiledRecord): void {
    this.#lines++
    const scanner = this.#scanner
    if (scanner.scan(bytes, start, end) !== ACCEPTED) {
      this.#otherForm++
      return
    }
    for (let field = 0; field < FIELDS.length; field++)
      if (scanner.kind[field] !== ABSENT && scanner.kind[field] !== NULL) this.#present[field]!++
    const views = this.#number(bytes, COUNT, this.#views)
    this.#number(bytes, BYTES, this.#bytes)
    const hour = this.#hour(bytes)
    hour.lines++
    hour.views += views

    this.#nameEnd = 0
    const hasProject = this.#append(bytes, PROJECT)
    const projectEnd = this.#nameEnd
    if (hasProject) rank(this.#projects, this.#name, projectEnd, views)
    this.#name[this.#nameEnd++] = 0x20
    if (!this.#append(bytes, PAGE) || !hasProject) return
    rank(this.#pages, this.#name, this.#nameEnd, views)
    this.#hashHour(bytes)
    this.#hash.of(this.#name, 0, this.#nameEnd, this.#hash.lo, this.#hash.hi)
    this.#seen.add(this.#hash)
  }

  finish(): PageviewsSummary {
    const read = this.#lines - this.#otherForm
    return {
      lines: this.#lines,
      other_form: this.#otherForm,
      fields: FIELDS.slice(0, TIMESTAMP).map((field, index) => ({
        field,
        present: this.#present[index]!,
        share: this.#present[index]! / Math.max(1, read),
      })),
      hours: Object.fromEntries([...this.#hours].sort(([a], [b]) => (a < b ? -1 : 1))),
      views: this.#views.summary(),
      bytes: this.#bytes.summary(),
      unusable_numbers: this.#unusable,
      duplicates: this.#seen.repeats,
      duplicates_exact: this.#seen.isExact,
      projects: byViewsAndLines(this.#projects),
      pages: byViewsAndLines(this.#pages),
      notes: this.#notes(read),
    }
  }

  #notes(read: number): string[] {
    const { count, max, zeros } = this.#bytes
    const allZero = count > 0 && max === 0
    const note = (lines: number, sentence: string): string[] => (lines > 0 ? [`${grouped(lines)} ${sentence}`] : [])
    return [
      ...note(read - this.#present[PROJECT]!, 'without a project: npm run pageviews leaves them out and counts them.'),
      ...note(read - this.#present[PAGE]!, 'without a page: npm run pageviews leaves them out and counts them.'),
      ...(allZero ? ['bytes is 0 in every line, which is normal: newer files no longer fill it.'] : []),
      ...note(allZero ? 0 : zeros, 'with 0 bytes, others with more: files of different ages may be mixed.'),
      ...note(this.#views.zeros, 'with a count of 0: nobody viewed the page.'),
      ...note(
        this.#unusable,
        'counts or sizes that are no whole numbers from 0 on: they are in no sum and no distribution.',
      ),
      ...note(
        this.#otherForm,
        'not of the form project page count bytes: look at them, or read the file as another --input-format.',
      ),
    ]
  }

  /** The number, noted; 0 when it is none. */
  #number(bytes: Uint8Array, field: number, distribution: Distribution): number {
    const { kind, start, end } = this.#scanner
    if (kind[field] === ABSENT || kind[field] === NULL) return 0
    const value = kind[field] === NUMBER ? readDouble(bytes, start[field]!, end[field]!) : Number.NaN
    if (!Number.isSafeInteger(value) || value < 0) {
      this.#unusable++
      return 0
    }
    distribution.add(value)
    return value
  }

  #hour(bytes: Uint8Array): { lines: number; views: number } {
    const { kind, start, end } = this.#scanner
    const isNamed = kind[TIMESTAMP] === STRING && end[TIMESTAMP]! - start[TIMESTAMP]! <= 40
    const name = isNamed ? decodeUtf8(bytes, start[TIMESTAMP]!, end[TIMESTAMP]!) : 'unknown'
    let hour = this.#hours.get(name) ?? (this.#hours.size < MOST_HOURS ? undefined : this.#hours.get('unknown'))
    if (hour === undefined) {
      hour = { lines: 0, views: 0 }
      this.#hours.set(this.#hours.size < MOST_HOURS ? name : 'unknown', hour)
    }
    return hour
  }

  #hashHour(bytes: Uint8Array): void {
    const { kind, start, end } = this.#scanner
    const isThere = kind[TIMESTAMP] === STRING || kind[TIMESTAMP] === NUMBER
    this.#hash.of(bytes, isThere ? start[TIMESTAMP]! : 0, isThere ? end[TIMESTAMP]! : 0)
  }

  /** Puts the text of a field behind the name; false when it has none. */
  #append(bytes: Uint8Array, field: number): boolean {
    const { kind, start, end } = this.#scanner
    const from = start[field]!
    const to = end[field]!
    if ((kind[field] !== STRING && kind[field] !== ESCAPED) || from === to) return false
    const text = kind[field] === STRING ? bytes.subarray(from, to) : unescaped(bytes, from, to)
    if (this.#nameEnd + text.length + 1 > this.#name.length) {
      const larger = new Uint8Array((this.#nameEnd + text.length) * 2)
      larger.set(this.#name)
      this.#name = larger
    }
    this.#name.set(text, this.#nameEnd)
    this.#nameEnd += text.length
    return true
  }
}

const unescaped = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new TextEncoder().encode(JSON.parse(`"${decodeUtf8(bytes, start, end)}"`))

interface Rankings {
  readonly byViews: Ranking
  readonly byLines: Ranking
}

function rank({ byViews, byLines }: Rankings, name: Uint8Array, end: number, views: number): void {
  byViews.add(name, 0, end, views)
  byLines.add(name, 0, end)
}

const byViewsAndLines = ({ byViews, byLines }: Rankings): ByViewsAndLines => ({
  by_views: topTexts(byViews),
  by_lines: topTexts(byLines),
})
