import { base, en, Faker, generateMersenne53Randomizer } from '@faker-js/faker'
import type { BuiltInDialect } from '../../consumer/contract/dialects.ts'
import { createEncoder, type Encoder } from '../encoding/encoder.ts'
import { createDisordering } from '../faults/disordering.ts'
import type { Effects } from '../faults/effects.ts'
import { createRandom } from '../random.ts'
import type { SyntheticRecord } from '../synthetic-record.ts'
import { createArrivals } from './arrivals.ts'
import { createDueQueue } from './due-queue.ts'
import { createIdentifiers } from './identifiers.ts'
import type { TrafficModel } from './model.ts'
import { MOVE_NAMES, type Move, meaningOf } from './moves.ts'
import { createNewPaths } from './new-paths.ts'
import { createPeople } from './people.ts'
import { createSite } from './site.ts'
import { makeNextMove, type Visit } from './visit.ts'
import { visitStatistics } from './visit-statistics.ts'
import { createVisitors } from './visitors.ts'

export interface TrafficOptions {
  /** Chooses the shop, its people and what they do: a whole number from 0 to 4,294,967,295. */
  readonly seed: number
  /** Whole, from 0 to 900,718. Another run makes other visits, and ids of one run never come again in another. */
  readonly run: number
  readonly model: TrafficModel
  readonly dialect: BuiltInDialect
  /** How many people come to the site; more, when more are needed. At least 1. */
  readonly visitors: number
  /**
   * Average over an undisturbed day, from 0: events before any is sent twice, or people who are on the site at a time.
   */
  readonly load: { readonly eventsPerSecond: number } | { readonly visitorsOnSite: number }
  /** The first moment. Whole epoch ms. */
  readonly startMs: number
  /** Of the log that the traffic is for: tells whose events belong into a silent partition. At least 1. */
  readonly partitions: number
  /** That of the consumer: what is late or out of order is so by this measure. Infinity for unlimited. */
  readonly allowedLatenessMs: number
  readonly effects: { at(timeMs: number): Effects }
}

export interface Traffic {
  /**
   * The next records that are sent by `untilMs`, at most `most`, in the order of sending. `untilMs` may be Infinity for
   * as fast as possible, then `most` must not.
   */
  take(most: number, untilMs: number): SyntheticRecord[]
}

/** Each purpose draws from numbers of its own, so that disorder leaves journeys as they are. */
const STREAMS = { journeys: 0, arrivals: 1, effects: 2, disorder: 3 } as const
const STREAMS_PER_RUN = 4

/**
 * Synthetic clickstream. Visits begin at random moments, every visitor goes on after a think time, and an event's time is
 * when it happens. The same options give the same bytes on every machine, however they are taken.
 *
 * Visits are few at first: the site fills within a minute or two.
 *
 * @throws {RangeError} when an option is out of its range.
 */
export function createTraffic(options: TrafficOptions): Traffic {
  assertInRange(options)
  const { seed, run, model, dialect, visitors: size, startMs, partitions, allowedLatenessMs, effects } = options
  const randomOf = (purpose: keyof typeof STREAMS) => createRandom(seed, run * STREAMS_PER_RUN + STREAMS[purpose])
  // The randomizer is passed in because Faker otherwise starts from Math.random.
  const faker = new Faker({ locale: [en, base], randomizer: generateMersenne53Randomizer(seed) })
  const site = createSite(model.site, faker)
  const people = createPeople(model, seed, faker)
  const newPaths = createNewPaths(faker, run)
  const identifiers = createIdentifiers({ seed, run })
  const { nextEventId } = identifiers
  const encoder = createEncoder(dialect, { products: site.products, nextEventId })
  const random = randomOf('journeys')
  const chance = randomOf('effects')
  const visitors = createVisitors({ model, run, size, partitions, site, people, identifiers, encoder, random, chance })
  const arrivals = createArrivals({
    visitsPerSecond: visitsPerSecond(options, encoder),
    dayCurve: model.dayCurve,
    startMs,
    effects,
    random: randomOf('arrivals'),
  })
  const disordering = createDisordering({ random: randomOf('disorder'), allowedLatenessMs })
  const onSite = createDueQueue<Visit>()
  let sent: SyntheticRecord[] = []

  function arrive(timeMs: number): void {
    arrivals.take()
    const at = effects.at(timeMs)
    const visit = visitors.arrive(timeMs, at)
    if (visit !== undefined) goOn(visit, at)
  }

  /** The visitor makes the move that is due, and knows when and what the next one will be. */
  function goOn(visit: Visit, at: Effects): void {
    const { dueMs, nextMove: move } = visit
    if (move === 'purchase' && at.failedPurchases > 0 && chance.unit() < at.failedPurchases) {
      visitors.leave(visit, dueMs)
      return
    }
    makeNextMove(visit, site, random)
    const { event, aboutProduct = false } = meaningOf(move)
    if (event === 'page_view' && at.newPaths > 0 && chance.unit() < at.newPaths) visit.page = newPaths.next()
    visit.nextMove = visit.journey.nextMove(visit.place, random)
    const thinkMs = visit.journey.thinkTimeMs(random) + paymentDelayMs(visit.nextMove, at)
    if (event !== undefined && encoder.knows(event, aboutProduct)) {
      const { frame, page, referrer, product, key, person } = visit
      const value = encoder.encode(frame, {
        type: event,
        page,
        referrer,
        product: aboutProduct ? product : undefined,
        // However wrong, no clock shows a time before 1970.
        timeMs: Math.max(0, disordering.claimedTimeMs(dueMs, person, at)),
        spentMs: thinkMs,
      })
      disordering.pass({ key, value, timeMs: dueMs }, at, sent)
    }
    if (visit.nextMove === 'leave') visitors.leave(visit, dueMs)
    else {
      visit.dueMs = dueMs + thinkMs
      onSite.push(visit)
    }
  }

  /** Between half the delay and one and a half of it. */
  function paymentDelayMs(nextMove: Move, at: Effects): number {
    if (nextMove !== 'purchase' || at.paymentDelayMs === 0) return 0
    return Math.floor(at.paymentDelayMs * (0.5 + chance.unit()))
  }

  /** What happens first does. False when nothing happens by then. */
  function happen(untilMs: number): boolean {
    const visit = onSite.peek()
    const dueMs = visit === undefined ? Number.POSITIVE_INFINITY : visit.dueMs
    const heldMs = disordering.heldUntilMs
    const otherMs = Math.min(dueMs, heldMs, untilMs)
    const arrivalMs = arrivals.nextBy(otherMs)
    if (arrivalMs <= otherMs && arrivalMs !== Number.POSITIVE_INFINITY) arrive(arrivalMs)
    else if (otherMs === Number.POSITIVE_INFINITY) return false
    else if (heldMs === otherMs) sent.push(disordering.release())
    else if (dueMs === otherMs && visit !== undefined) {
      onSite.pop()
      goOn(visit, effects.at(dueMs))
    } else return false
    return true
  }

  return {
    take(most, untilMs) {
      while (sent.length < most && happen(untilMs));
      const later = sent.findIndex(({ timeMs }, index) => index >= most || timeMs > untilMs)
      const taken = later < 0 ? sent : sent.slice(0, later)
      sent = later < 0 ? [] : sent.slice(later)
      return taken
    },
  }
}

/** So many visits as make the load: some dialects have no record of most of what happens in a visit. */
function visitsPerSecond({ load, model }: TrafficOptions, encoder: Encoder): number {
  const { moves, secondsPerVisit } = visitStatistics(model)
  if ('visitorsOnSite' in load) return load.visitorsOnSite / secondsPerVisit
  const eventsPerVisit = MOVE_NAMES.reduce((sum, move) => {
    const { event, aboutProduct = false } = meaningOf(move)
    return event !== undefined && encoder.knows(event, aboutProduct) ? sum + moves[move] : sum
  }, 0)
  if (eventsPerVisit === 0) {
    throw new RangeError(
      'no visit of this model makes an event that the dialect has records of: choose another of them',
    )
  }
  return load.eventsPerSecond / eventsPerVisit
}

function assertInRange({ visitors, load, startMs, partitions, allowedLatenessMs }: TrafficOptions): void {
  const [name, amount] =
    'eventsPerSecond' in load
      ? (['eventsPerSecond', load.eventsPerSecond] as const)
      : (['visitorsOnSite', load.visitorsOnSite] as const)
  if (!Number.isFinite(amount) || amount < 0)
    throw new RangeError(`${name} must be a number of at least 0, not ${amount}`)
  for (const [count, value] of Object.entries({ visitors, partitions })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${count} must be a whole number of at least 1, not ${value}`)
    }
  }
  if (!Number.isSafeInteger(startMs) || startMs < 0) {
    throw new RangeError(`startMs must be whole milliseconds since 1970, not ${startMs}`)
  }
  if (!(allowedLatenessMs >= 0)) throw new RangeError(`allowedLatenessMs must be at least 0, not ${allowedLatenessMs}`)
}
