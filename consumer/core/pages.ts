import { decodeUtf8 } from '../contract/json-scan.ts'
import { wordView } from '../contract/word-view.ts'
import type { Counters } from './count.ts'
import { NONE_ID, OTHER_ID } from './label-table.ts'
import { LONGEST_PAGE_LABEL, pageLabel } from './page-label.ts'

/** What is known of a page: its label id and the funnel steps whose page pattern it matches. */
export interface Page {
  readonly id: number
  readonly steps: number
}

interface CachedPage extends Page {
  /** The bytes as they were sent: a copy, also where they came in a Buffer, whose slice would be a view. */
  readonly sent: Uint8Array
  readonly sentView: DataView
}

const SLOTS = 8192
const LONGEST_CACHED_BYTES = 256
const NOTHING = new Uint8Array(0)
const NO_PAGE: CachedPage = { id: NONE_ID, steps: 0, sent: NOTHING, sentView: new DataView(NOTHING.buffer) }

/**
 * From a page's bytes to its label, remembered by the bytes: a page seen lately costs a hash and a comparison instead
 * of a string, a normalisation and a search. A newcomer takes the place of whoever had it, so the cache never grows,
 * and it holds nothing that would not come out the same again.
 */
export class Pages {
  readonly #counters: Counters
  readonly #cache: (CachedPage | undefined)[] = new Array(SLOTS).fill(undefined)

  constructor(counters: Counters) {
    this.#counters = counters
  }

  /** The page in bytes[start, end), admitting its label while there is room; start -1 is no page. */
  find(bytes: Uint8Array, start: number, end: number): Page {
    if (start < 0) return NO_PAGE
    const slot = slotOf(bytes, start, end)
    const known = this.#cache[slot]
    if (known !== undefined && isSame(known, bytes, start, end)) return known
    const { id, steps } = this.#resolve(pageLabel(decodeUtf8(bytes, start, end)))
    const sent = Uint8Array.from(bytes.subarray(start, end))
    const page = { id, steps, sent, sentView: new DataView(sent.buffer) }
    if (end - start <= LONGEST_CACHED_BYTES) this.#cache[slot] = page
    return page
  }

  #resolve(label: string): Page {
    if (label === '') return NO_PAGE
    const { pages, funnelMasks } = this.#counters
    const id = label.length > LONGEST_PAGE_LABEL ? OTHER_ID : pages.admit(label)
    return { id, steps: funnelMasks.ofPage(label) }
  }
}

/** Where a page is kept. Weaker than a hash that stands for its text: the bytes are compared in full afterwards. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const view = wordView(bytes)
  let mixed = end - start
  let at = start
  for (; at + 4 <= end; at += 4) mixed = Math.imul(mixed ^ view.getInt32(at), 0x2c1b3c6d)
  for (; at < end; at++) mixed = Math.imul(mixed ^ bytes[at]!, 0x297a2d39)
  return (mixed ^ (mixed >>> 15)) & (SLOTS - 1)
}

function isSame({ sent, sentView }: CachedPage, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = sent
  if (length !== end - start) return false
  const view = wordView(bytes)
  let at = 0
  for (; at + 4 <= length; at += 4) if (sentView.getInt32(at) !== view.getInt32(start + at)) return false
  for (; at < length; at++) if (sent[at] !== bytes[start + at]) return false
  return true
}
