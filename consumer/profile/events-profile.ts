import { Decoder } from '../contract/decode.ts'
import { EVENT_FIELDS } from '../contract/dialects.ts'
import { ACCEPTED, rejected } from '../contract/outcome.ts'
import type { CoreOptions } from '../core/options.ts'
import { type Totals, totalsOf } from '../report/totals.ts'
import { ArrivalOrder, type OrderSummary } from './arrival-order.ts'
import { Distribution, type DistributionSummary } from './distribution.ts'
import { Duplicates, type DuplicatesSummary } from './duplicates.ts'
import { EventFields, type FieldSummary, pointAtText } from './event-fields.ts'
import { EventTimes, type TimesSummary } from './event-times.ts'
import { type JsonKey, JsonKeys } from './json-keys.ts'
import { type Oddity, odditiesOf } from './oddities.ts'
import { PagesSeen, type PagesSummary } from './pages-seen.ts'
import { People, type PeopleSummary } from './people.ts'
import { Prices, type PricesSummary } from './prices.ts'
import { ProfiledPartition } from './profiled-partition.ts'
import type { ProfiledRecord } from './profiled-record.ts'
import { type TopTexts, topTexts } from './ranked-texts.ts'
import { Ranking } from './ranking.ts'
import { sumOfTotals } from './sum-of-totals.ts'

const UNKNOWN_DIALECT = rejected('unknown_dialect')

/** What `--format json` prints of events. Shares are 0 to 1. */
export interface EventsSummary {
  /** As `npm run report` counts them, partitions added up. */
  readonly totals: Totals
  /** Records by the dialect they were read by. */
  readonly dialects: Readonly<Record<string, number>>
  readonly fields: readonly FieldSummary[]
  /** Records that are JSON objects: what the keys are shares of. */
  readonly objects: number
  readonly keys: readonly (JsonKey & { readonly share: number })[]
  /** Occurrences of keys beyond the 200 that are told apart. */
  readonly keys_beyond: number
  readonly record_bytes: DistributionSummary
  readonly time: TimesSummary
  readonly order: OrderSummary
  readonly duplicates: DuplicatesSummary
  readonly users: PeopleSummary
  readonly session_seconds: DistributionSummary
  readonly pages: PagesSummary
  readonly products: TopTexts
  readonly brands: TopTexts
  readonly categories: TopTexts
  readonly prices: PricesSummary
  readonly reported_seconds: DistributionSummary
  readonly oddities: readonly Oddity[]
}

/**
 * What a stream of events holds, in one pass. What the exporter counts is counted by its own core; the rest is about
 * every valid event, dropped ones included.
 */
export class EventsProfile {
  readonly #options: CoreOptions
  readonly #decoder: Decoder
  /** As many as the topic has. */
  readonly #partitions = new Map<number, ProfiledPartition>()
  readonly #sessionMs = new Distribution()
  readonly #bytes = new Distribution()
  readonly #fields = new EventFields()
  readonly #keys = new JsonKeys()
  readonly #times: EventTimes
  readonly #order = new ArrivalOrder()
  readonly #duplicates = new Duplicates()
  readonly #people = new People()
  readonly #pages = new PagesSeen()
  readonly #products = new Ranking()
  readonly #brands = new Ranking()
  readonly #categories = new Ranking()
  readonly #prices = new Prices()
  readonly #reportedMs = new Distribution()

  /** @param nowMs events after it lie in the future, epoch milliseconds */
  constructor(options: CoreOptions, nowMs: number) {
    this.#options = options
    this.#decoder = new Decoder(options, EVENT_FIELDS)
    this.#times = new EventTimes(nowMs)
  }

  add(record: ProfiledRecord): void {
    const { bytes, start, end, partition } = record
    const owner = this.#partition(partition)
    const { counts, isEvent } = owner.process(record, this.#order)
    this.#bytes.add(end - start)
    if (end > start) this.#duplicates.addContent(bytes, start, end)

    const decoder = this.#decoder
    decoder.forgetTexts()
    const decoded = decoder.decode(bytes, start, end)
    if (decoded !== ACCEPTED && decoded !== UNKNOWN_DIALECT) return
    this.#keys.read(bytes, start)
    if (decoded === UNKNOWN_DIALECT) return
    this.#fields.add(decoder)
    if (!isEvent) return

    const { event } = owner
    this.#times.add(event.timeMs)
    if (event.hasId) this.#duplicates.addId(event.id)
    if (event.pageStart >= 0) this.#pages.add(event.pageBytes, event.pageStart, event.pageEnd)
    if (event.durationMs >= 0) this.#reportedMs.add(event.durationMs)
    if (event.priceMicros >= 0) this.#prices.add(event)
    const micros = Math.max(0, event.priceMicros)
    if (pointAtText(decoder, 'productId')) rank(this.#products, decoder, micros)
    if (pointAtText(decoder, 'brand')) rank(this.#brands, decoder, micros)
    if (pointAtText(decoder, 'category')) rank(this.#categories, decoder, micros)
    if (counts && pointAtText(decoder, 'userId'))
      this.#people.add(event.user, partition, decoder.textBytes, decoder.textStart, decoder.textEnd)
  }

  /** Closes the sessions still open and says what there was. */
  finish(): EventsSummary {
    const owners = [...this.#partitions.values()]
    for (const owner of owners) owner.closeAll()
    const users = this.#people.summary()
    const none = totalsOf(new ProfiledPartition(this.#options, new Distribution()).counters, users.distinct)
    const summary = {
      totals: owners.map(({ counters }) => totalsOf(counters, 0)).reduce(sumOfTotals, none),
      dialects: Object.fromEntries(this.#fields.dialects),
      fields: this.#fields.summary(),
      objects: this.#keys.records,
      keys: this.#keys.keys.map((key) => ({ ...key, share: key.present / this.#keys.records })),
      keys_beyond: this.#keys.beyond,
      record_bytes: this.#bytes.summary(),
      time: this.#times.summary(),
      order: this.#order.summary(),
      duplicates: this.#duplicates.summary(),
      users,
      session_seconds: this.#sessionMs.summary(1000),
      pages: this.#pages.summary(),
      products: topTexts(this.#products),
      brands: topTexts(this.#brands),
      categories: topTexts(this.#categories),
      prices: this.#prices.summary(),
      reported_seconds: this.#reportedMs.summary(1000),
    }
    const { repeated } = this.#keys
    const { withoutZone } = this.#fields
    return { ...summary, oddities: odditiesOf(summary, { repeatedKeys: repeated, timesWithoutZone: withoutZone }) }
  }

  #partition(partition: number): ProfiledPartition {
    let owner = this.#partitions.get(partition)
    if (owner === undefined) {
      owner = new ProfiledPartition(this.#options, this.#sessionMs)
      this.#partitions.set(partition, owner)
    }
    return owner
  }
}

const rank = (ranking: Ranking, { textBytes, textStart, textEnd }: Decoder, micros: number): void =>
  ranking.add(textBytes, textStart, textEnd, 1, micros)
