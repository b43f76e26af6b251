import type { RecordRange } from '../../consumer/core/pipeline.ts'

/** Records of one fetch: record i is bytes[starts[i], starts[i + 1]), stamped logTimesMs[i]. */
export interface Block {
  readonly bytes: Buffer
  readonly starts: Int32Array
  readonly logTimesMs: Float64Array
  readonly records: number
  /** The same records as a log hands them out. */
  readonly ranges: readonly RecordRange[]
}

/** The two shapes that are measured, by the name of their dialect. */
export const SHAPES = ['ecommerce', 'user-events'] as const
export type Shape = (typeof SHAPES)[number]

/** Who sends the next event. */
export interface Audience {
  readonly users: number
  /** Time from one event to the next, all users together. Milliseconds. */
  readonly intervalMs: number
  /**
   * So many users are on the site at a time, each for seven events on average, then somebody else comes. Without it,
   * any user may come at any time.
   */
  readonly visitors?: number
  /** Brings every user once, in an order without pattern, before chance takes over. */
  readonly everyUserFirst?: boolean
}

export interface TrafficOptions extends Audience {
  readonly shape: Shape
}

const FIRST_MS = Date.UTC(2024, 4, 1, 10)
/** Events reach the log up to this much after they happened, hence out of order. */
const LONGEST_DELAY_MS = 3000
const EVENTS_PER_VISIT = 7
/** One event in so many is sent twice. */
const COPY_EVERY = 100

const PAGES = [
  ...['/', '/home', '/search', '/products', '/cart', '/checkout', '/checkout/done', '/account', '/help', '/about'],
  ...['shoes', 'shirts', 'jackets', 'bags', 'watches', 'sale'].map((category) => `/products/${category}`),
  ...Array.from({ length: 40 }, (_, product) => `/products/item-${product}/details`),
]
const TYPES = [
  ...Array.from({ length: 11 }, () => 'page_view'),
  ...['click', 'click', 'click', 'click', 'scroll', 'search', 'add_to_cart', 'add_to_cart', 'checkout', 'purchase'],
]
const SOURCES = ['google', 'newsletter', 'direct', 'facebook', 'partner']
const PHONES = ['iOS', 'Android']
const CITIES = ['"DE","city":"Berlin"', '"FR","city":"Lyon"', '"US","city":"Austin"', '"JP","city":"Osaka"']

/** An endless clickstream, cut into blocks. The same options give the same records. */
export class Traffic {
  readonly #options: TrafficOptions
  readonly #scratch = Buffer.alloc(1024)
  #random = 0x9e3779b9
  #sent = 0
  #lastSentTwice = ''
  readonly #onSite: number[] = []

  constructor(options: TrafficOptions) {
    this.#options = options
  }

  /** The next records of the stream, in log order. */
  next(records: number): Block {
    const texts: string[] = []
    const starts = new Int32Array(records + 1)
    const logTimesMs = new Float64Array(records)
    for (let i = 0; i < records; i++) {
      logTimesMs[i] = FIRST_MS + Math.floor(this.#sent * this.#options.intervalMs)
      const text = this.#record(logTimesMs[i]!)
      texts.push(text)
      starts[i + 1] = starts[i]! + this.#scratch.write(text)
    }
    const bytes = Buffer.from(texts.join(''))
    const ranges = texts.map((_, i) => ({ bytes, start: starts[i]!, end: starts[i + 1]!, logTimeMs: logTimesMs[i]! }))
    return { bytes, starts, logTimesMs, records, ranges }
  }

  #record(logTimeMs: number): string {
    if (++this.#sent % COPY_EVERY === 0 && this.#lastSentTwice !== '') return this.#lastSentTwice
    const user = this.#user()
    const timeMs = logTimeMs - this.#below(LONGEST_DELAY_MS)
    const text = this.#options.shape === 'ecommerce' ? this.#ecommerce(user, timeMs) : this.#userEvent(user, timeMs)
    if (this.#sent % COPY_EVERY === 1) this.#lastSentTwice = text
    return text
  }

  #user(): number {
    const { users, visitors = 0, everyUserFirst } = this.#options
    // A step that shares no factor with the number of users reaches every one of them.
    if (everyUserFirst && this.#sent <= users) return (this.#sent * 7_919) % users
    if (visitors === 0) return this.#below(users)
    const place = this.#below(visitors)
    if (this.#onSite[place] === undefined || this.#below(EVENTS_PER_VISIT) === 0)
      this.#onSite[place] = this.#below(users)
    return this.#onSite[place]!
  }

  #ecommerce(user: number, timeMs: number): string {
    const type = this.#oneOf(TYPES)
    const price = `${5 + this.#below(200)}.${10 + this.#below(90)}`
    return `{"event_id":"${this.#uuid()}","event_type":"${type}","event_ts":"${new Date(timeMs).toISOString()}","user_id":"u-${100_000 + user}","session_id":"s-${2_000_000 + user}","page":"${this.#oneOf(PAGES)}","product_id":"P${1000 + this.#below(9000)}","price":${price},"currency":"EUR","utm":{"source":"${this.#oneOf(SOURCES)}"},"device":{"os":"${this.#oneOf(PHONES)}"},"geo":{"country":${this.#oneOf(CITIES)}}}`
  }

  #userEvent(user: number, timeMs: number): string {
    const type = this.#oneOf(TYPES)
    const action = type === 'page_view' ? 'view' : type
    return `{"event_id":"${this.#uuid()}","user_id":${100_000 + user},"session_id":${2_000_000 + user},"page":"${this.#oneOf(PAGES)}","action":"${action}","duration":${this.#below(900) / 10},"timestamp":${timeMs / 1000}}`
  }

  #uuid(): string {
    const words = Array.from({ length: 4 }, () => this.#next().toString(16).padStart(8, '0'))
    const [a, b, c, d] = words as [string, string, string, string]
    return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`
  }

  #oneOf(words: readonly string[]): string {
    return words[this.#below(words.length)]!
  }

  #below(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) * limit)
  }

  #next(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
