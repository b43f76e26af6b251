import { Hash64 } from '../contract/hash.ts'
import { decodeUtf8 } from '../contract/json-scan.ts'
import { NONE } from '../core/label-table.ts'
import { pageLabel } from '../core/page-label.ts'
import { type TopTexts, topTexts } from './ranked-texts.ts'
import { Ranking } from './ranking.ts'

const MOST_REMEMBERED = 10_000
const ID_SEGMENT = /(^|\/):id(\/|$)/

interface SeenPage {
  readonly label: Uint8Array
  readonly hasId: boolean
}

export interface PagesSummary {
  /** By label, as the exporter shows them: without query, with `:id` for what looks like an id. */
  readonly labels: TopTexts
  /** Events whose page holds something that looks like an id. */
  readonly with_ids: number
  readonly events: number
}

/** The pages of events of any type. */
export class PagesSeen {
  readonly #labels = new Ranking()
  /** By 53 bits of the hash of the page as it was sent; emptied when it is full. */
  readonly #known = new Map<number, SeenPage>()
  readonly #hash = new Hash64()
  #withIds = 0
  #events = 0

  add(bytes: Uint8Array, start: number, end: number): void {
    this.#hash.of(bytes, start, end)
    const key = (this.#hash.lo >>> 0) * 0x200000 + (this.#hash.hi & 0x1fffff)
    const page = this.#known.get(key) ?? this.#learn(key, decodeUtf8(bytes, start, end))
    this.#events++
    if (page.hasId) this.#withIds++
    this.#labels.add(page.label, 0, page.label.length)
  }

  summary(): PagesSummary {
    return { labels: topTexts(this.#labels), with_ids: this.#withIds, events: this.#events }
  }

  #learn(key: number, sent: string): SeenPage {
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear()
    const label = pageLabel(sent) || NONE
    const page = { label: new TextEncoder().encode(label), hasId: ID_SEGMENT.test(label) }
    this.#known.set(key, page)
    return page
  }
}
