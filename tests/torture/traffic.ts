import type { EventType } from '../../consumer/contract/click-event.ts'
import type { ReferenceEvent, ReferenceOptions } from '../../producer/oracle/event.ts'
import { createRandom, type Random } from '../../producer/random.ts'
import { asUserEventsJson } from '../builders.ts'
import type { RecordWords } from '../kafka/kafka-client.ts'

interface Visitor {
  user: number
  page: string
}

const VISITORS = 300
const EVENTS_PER_VISIT = 8
/** Copies are of one of the records sent last: some are still known, for others it is too late. */
const REMEMBERED = 2_000
const PAGES = ['/home', '/search', '/cart', '/checkout', '/category/shoes', '/category/bags', '/product/:id', undefined]
const TYPES: readonly EventType[] = [
  ...Array.from({ length: 9 }, () => 'page_view' as const),
  ...(['click', 'click', 'click', 'scroll', 'search', 'add_to_cart', 'add_to_cart', 'checkout', 'purchase'] as const),
  ...(['remove_from_cart', 'custom'] as const),
]

/**
 * An endless clickstream as it should not be: with copies, events out of order, late, from the future, cut short,
 * without an id. Everything but the time comes from the seed.
 */
export class Traffic {
  readonly #random: Random
  readonly #rules: Pick<ReferenceOptions, 'allowedLatenessMs' | 'futureToleranceMs'>
  readonly #seed: number
  readonly #onSite: Visitor[]
  readonly #sent: RecordWords[] = []
  #users = 0
  #events = 0

  constructor(seed: number, rules: Pick<ReferenceOptions, 'allowedLatenessMs' | 'futureToleranceMs'>) {
    this.#seed = seed
    this.#rules = rules
    this.#random = createRandom(seed, 1)
    this.#onSite = Array.from({ length: VISITORS }, () => this.#visitor())
  }

  /** The next records, of events that happened evenly over the time given. Epoch milliseconds. */
  next(count: number, fromMs: number, toMs: number): RecordWords[] {
    return Array.from({ length: count }, (_, index) => this.#record(fromMs + ((toMs - fromMs) * index) / count))
  }

  #record(nowMs: number): RecordWords {
    const { below } = this.#random
    const kind = below(100)
    const copied = this.#sent[below(REMEMBERED)]
    if (kind < 5 && copied !== undefined) return copied
    const event = this.#event(Math.floor(nowMs))
    const json = Buffer.from(asUserEventsJson(event))
    if (kind < 7) return { key: event.user, value: json.subarray(0, 1 + below(json.length - 1)) }
    const record = { key: event.user, value: json }
    this.#sent[this.#events % REMEMBERED] = record
    return record
  }

  #event(nowMs: number): ReferenceEvent {
    const { below } = this.#random
    const visitor = this.#onSite[below(VISITORS)]!
    if (below(EVENTS_PER_VISIT) === 0) Object.assign(visitor, this.#visitor())
    if (below(3) === 0) visitor.page = this.#oneOf(PAGES) ?? ''
    const type = this.#oneOf(TYPES)
    this.#events++
    return {
      ...(below(20) !== 0 && { id: `${this.#seed}-${this.#events}` }),
      user: String(visitor.user),
      type,
      ...(visitor.page !== '' && { page: visitor.page }),
      timeMs: nowMs + this.#displacementMs(),
      logTimeMs: nowMs,
      ...(below(3) === 0 && { durationMs: below(90_000) }),
      ...(type === 'purchase' && { priceMicros: BigInt(1 + below(50_000)) * 10_000n }),
      ...(type === 'purchase' && below(4) !== 0 && { currency: this.#oneOf(['EUR', 'USD']) }),
    }
  }

  /** How far an event lies from where it belongs: mostly a little behind, at times too far, rarely ahead. */
  #displacementMs(): number {
    const { below } = this.#random
    const { allowedLatenessMs, futureToleranceMs } = this.#rules
    const kind = below(100)
    if (kind < 70) return -below(200)
    if (kind < 90) return -below(allowedLatenessMs)
    if (kind < 95) return -below(4 * allowedLatenessMs)
    if (kind < 98) return below(10_000)
    return futureToleranceMs + below(600_000)
  }

  /** Somebody new, or somebody who was here before. */
  #visitor(): Visitor {
    const { below } = this.#random
    const user = this.#users > 0 && below(3) === 0 ? 1 + below(this.#users) : ++this.#users
    return { user, page: '/home' }
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    return items[this.#random.below(items.length)]!
  }
}
