import { createAudience } from './audience.ts'
import { createDueQueue } from './due-queue.ts'
import { createIdentifiers } from './identifiers.ts'
import { type Action, LONGEST_THINK_MS, prepareJourneys } from './journeys.ts'
import { createRandom } from './random.ts'
import { CURRENCY, createSite } from './site.ts'
import { makeNextMove, startVisit, type Visit } from './visit.ts'

/** A click as bytes of dialect `user-events`. */
export interface GeneratedRecord {
  /** The user id: chooses the partition, so that a user's events stay together and in order. */
  key: string
  value: Uint8Array
  /** Event time, epoch milliseconds. */
  timeMs: number
}

export interface GeneratorOptions {
  /** Chooses the shop, its people and what they do: a whole number from 0 to 4,294,967,295. */
  seed: number
  /** How often this seed was started before on the same log. Another run makes other ids and other visits. */
  run: number
  /** How many people come to the site; more, when the rate needs more of them. At least 1. */
  visitors: number
}

export interface Generator {
  /**
   * The next `count` records in event-time order, their event times spread over (fromMs, toMs], both whole epoch
   * milliseconds. `fromMs` must not lie before the previous `toMs`.
   * @throws {RangeError} when an argument breaks this.
   */
  next(count: number, fromMs: number, toMs: number): GeneratedRecord[]
}

/** Whoever waited this much longer than they meant to has left: no two events of a visit are more than 24 s apart. */
const PATIENCE_MS = LONGEST_THINK_MS

/**
 * Synthetic clickstream. The same options and the same calls give the same bytes on every machine.
 *
 * The caller fixes the rate and think times fix the pace of a visit, so the arrivals must adapt: each record is a slot in
 * time, which goes to the visitor who is due first, and to a new arrival only when nobody is due. Every event leads to
 * at most one more of the same visit, a think time later; so visits under way never ask for more slots than there are,
 * and what they leave over is the arrival rate. At any steady rate as many visitors are active as make that many events:
 * about four for each event per second.
 *
 * @throws {RangeError} when an option is out of its range.
 */
export function createGenerator({ seed, run, visitors }: GeneratorOptions): Generator {
  if (!Number.isInteger(visitors) || visitors < 1) {
    throw new RangeError(`visitors must be a whole number of at least 1, not ${visitors}`)
  }
  const identifiers = createIdentifiers({ seed, run })
  const site = createSite(seed)
  const random = createRandom(seed, run)
  const audience = createAudience(visitors, random)
  const drawJourney = prepareJourneys()
  const active = createDueQueue<Visit>()
  let previousToMs = Number.NEGATIVE_INFINITY

  function takeDue(timeMs: number): Visit | undefined {
    for (let visit = active.peek(); visit !== undefined && visit.dueMs <= timeMs; visit = active.peek()) {
      active.pop()
      if (timeMs - visit.dueMs <= PATIENCE_MS) return visit
      audience.depart(visit.person, visit.lastMs)
    }
    return undefined
  }

  function recordAt(timeMs: number): GeneratedRecord {
    const visit =
      takeDue(timeMs) ??
      startVisit(audience.arrive(timeMs), identifiers.nextSessionId(), drawJourney(random), { site, random, timeMs })
    const action = makeNextMove(visit, site, random)
    const thinkMs = visit.journey.thinkTimeMs(random)
    const record = encode(visit, action, timeMs, thinkMs)
    visit.nextMove = visit.journey.nextMove(visit.place, random)
    visit.lastMs = timeMs
    visit.dueMs = timeMs + thinkMs
    if (visit.nextMove === 'leave') audience.depart(visit.person, timeMs)
    else active.push(visit)
    return record
  }

  /** As text, because a price written as a number would lose the zeros of 19.90 and 20.00. */
  function encode(visit: Visit, action: Action, timeMs: number, thinkMs: number): GeneratedRecord {
    const key = String(visit.person + 1)
    const paid =
      action === 'purchase'
        ? `,"price":${visit.product.price},"currency":"${CURRENCY}","product_id":${visit.product.id}`
        : ''
    const text =
      `{"event_id":"${identifiers.nextEventId()}","user_id":${key},"session_id":${visit.sessionId},"page":${visit.page}` +
      `,"action":"${action}","duration":${thinkMs / 1000},"timestamp":${timeMs / 1000}${paid}` +
      `,"user_agent":${site.userAgents[visit.person % site.userAgents.length]!}}`
    return { key, value: Buffer.from(text), timeMs }
  }

  return {
    next(count, fromMs, toMs) {
      assertSlots(count, fromMs, toMs, previousToMs)
      previousToMs = toMs
      const records: GeneratedRecord[] = []
      for (let slot = 0; slot < count; slot++) {
        // A random moment within the slot: clicks are not a clockwork, and the order stays.
        const elapsedMs = ((slot + 1 - random.unit()) / count) * (toMs - fromMs)
        records.push(recordAt(fromMs + Math.ceil(elapsedMs)))
      }
      return records
    },
  }
}

function assertSlots(count: number, fromMs: number, toMs: number, previousToMs: number): void {
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`count must be a whole number, not ${count}`)
  if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(toMs) || fromMs >= toMs) {
    throw new RangeError(`fromMs and toMs must be whole milliseconds, fromMs the earlier, not ${fromMs} and ${toMs}`)
  }
  if (fromMs < previousToMs) {
    throw new RangeError(`fromMs must not lie before the previous toMs ${previousToMs}, as ${fromMs} does`)
  }
}
