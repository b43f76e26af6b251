import { SENDING_DISORDERS } from '../../consumer/settings/disorders.ts'
import { createDueQueue } from '../journeys/due-queue.ts'
import type { Random } from '../random.ts'
import type { SyntheticRecord } from '../synthetic-record.ts'
import { createClaimedTime } from './claimed-time.ts'
import { createDraw } from './create-draw.ts'
import { asBadJson, truncated, withWrongType } from './damage.ts'
import type { Effects } from './effects.ts'

/** Turns records as they should be into what a log gets. All times are epoch milliseconds. */
export interface Disordering {
  /** The event time a client claims for something that happened at `timeMs`; `person` is a number from 0. */
  claimedTimeMs(timeMs: number, person: number, effects: Effects): number
  /** Takes what a client made at `record.timeMs`: pushes it onto `sent`, damaged or twice, or holds it for later. */
  pass(record: SyntheticRecord, effects: Effects, sent: SyntheticRecord[]): void
  /** When the first held record is due; Infinity when none is held. */
  readonly heldUntilMs: number
  /**
   * The first held record, its `timeMs` the time of sending.
   * @throws {Error} when none is held.
   */
  release(): SyntheticRecord
}

export interface DisorderingOptions {
  readonly random: Random
  /** That of the consumer: out of order stays within it, late lies beyond. Infinity for unlimited. */
  readonly allowedLatenessMs: number
}

/** Where nothing can be late, records are still held for minutes, not for ever. */
const UNLIMITED_AS_MS = 600_000
/** Of the allowed lateness. The tenth that is left is for the time it takes to be sent and stored. */
const LONGEST_HOLD = 0.9
/** Of the allowed lateness: of the copies two thirds are still known by their id, the others late. */
const LONGEST_COPY_DELAY = 1.5

interface Held {
  readonly dueMs: number
  readonly record: SyntheticRecord
}

/**
 * Depends on the given random numbers and the calls alone, so a seed means the same bytes everywhere. A damaged record
 * keeps its key, hence its partition. What is held is bounded: by what is passed within 1.5 times the lateness.
 */
export function createDisordering({ random, allowedLatenessMs }: DisorderingOptions): Disordering {
  const latenessMs = allowedLatenessMs === Number.POSITIVE_INFINITY ? UNLIMITED_AS_MS : allowedLatenessMs
  const claimedTimeMs = createClaimedTime({ random, latenessMs })
  const draw = createDraw(SENDING_DISORDERS, random)
  const held = createDueQueue<Held>()

  const hold = (record: SyntheticRecord, longestMs: number): void =>
    held.push({ dueMs: record.timeMs + Math.floor(random.unit() * longestMs), record })

  return {
    claimedTimeMs,
    pass(record, effects, sent) {
      switch (draw(effects.disorder)) {
        case undefined:
          sent.push(record)
          break
        case 'duplicate':
          sent.push(record, record)
          break
        case 'delayed_duplicate':
          sent.push(record)
          hold(record, LONGEST_COPY_DELAY * latenessMs)
          break
        case 'out_of_order':
          hold(record, LONGEST_HOLD * latenessMs)
          break
        case 'bad_json':
          sent.push({ ...record, value: asBadJson(record.value, random) })
          break
        case 'wrong_type':
          sent.push({ ...record, value: withWrongType(record.value, random) })
          break
        case 'truncated':
          sent.push({ ...record, value: truncated(record.value, random) })
          break
      }
    },
    get heldUntilMs() {
      return held.peek()?.dueMs ?? Number.POSITIVE_INFINITY
    },
    release() {
      const first = held.pop()
      if (first === undefined) throw new Error('no record is held: release only while heldUntilMs is finite')
      return { ...first.record, timeMs: first.dueMs }
    },
  }
}
