import { type LabelledEvent, NONE, OTHER, type ReferenceEvent } from './event.ts'

/** A label longer than this, in UTF-16 code units, gets no value of its own. */
const LONGEST_LABEL = 200

/** Currencies that get a value of their own. */
const CURRENCY_ROOM = 32

/** The values one label has taken in a partition: given ones always, further ones first come until `room` are used. */
export class LabelValues {
  readonly limit: number
  readonly #values = new Set([OTHER, NONE])

  constructor(given: readonly string[], room: number) {
    for (const value of given) this.#values.add(value)
    this.limit = this.#values.size + room
  }

  get used(): number {
    return this.#values.size
  }

  /** What the value counts under; takes room for a new one. */
  admit(value: string | undefined): string {
    if (value === undefined) return NONE
    if (value.length > LONGEST_LABEL) return OTHER
    if (!this.#values.has(value) && this.#values.size >= this.limit) return OTHER
    this.#values.add(value)
    return value
  }
}

/** The labels of one partition's accepted events, in log order. */
export class LabelGuard {
  readonly page: LabelValues
  readonly currency = new LabelValues([], CURRENCY_ROOM)

  /** @param pages labels that always have a value of their own @param maxPages how many others may have one */
  constructor(pages: readonly string[], maxPages: number) {
    this.page = new LabelValues(pages, maxPages)
  }

  /** Of a currency only what is sold in it counts; anything else takes no room. */
  labelled(event: ReferenceEvent): LabelledEvent {
    return {
      ...event,
      pageLabel: this.page.admit(event.page),
      currencyLabel: this.currency.admit(isSale(event) ? event.currency : undefined),
    }
  }
}

export const isSale = (event: ReferenceEvent): boolean => event.type === 'purchase' && event.priceMicros !== undefined
