import { isbot } from 'isbot'
import { COUNTED_FIELDS, Decoder, FIELD } from '../contract/decode.ts'
import { decodeUtf8, ESCAPED, STRING } from '../contract/json-scan.ts'
import { ACCEPTED, dropped, type Outcome, rejected } from '../contract/outcome.ts'
import { DecodedEvent, Validator } from '../contract/validate.ts'
import type { CoreOptions } from './options.ts'
import { Pages } from './pages.ts'
import { dueMs, type Settled, sessionize, settle } from './sessionize.ts'
import { newPartitionState, type PartitionState } from './state.ts'
import { advance, observe } from './stream-clock.ts'

const LATE = dropped('late')
const DUPLICATE = dropped('duplicate')
const BOT = dropped('bot')
const FUTURE_DATED = rejected('future_dated')
const INTERNAL_ERROR = rejected('internal_error')

/** Log time of a record that has none: its event time is taken. */
export const NO_LOG_TIME = Number.NaN

/** A record as a log hands it out: bytes[start, end), stamped logTimeMs (epoch milliseconds, or NO_LOG_TIME). */
export interface RecordRange {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly logTimeMs: number
}

/** Records that are read together before the first is counted. */
export const GROUP_RECORDS = 64

/**
 * From a record's bytes to the counters of one partition: decode, validate, judge time, dedupe, sessionize, count.
 * Synchronous, without I/O, clocks or chance: the same records in the same order give the same state.
 */
export class Pipeline {
  readonly options: CoreOptions
  readonly state: PartitionState
  /** Of the group processed last, by the record's place in it: what became of it, and the event if it is one. */
  readonly outcomes: Outcome[] = new Array(GROUP_RECORDS).fill(ACCEPTED)
  readonly events: readonly DecodedEvent[] = Array.from({ length: GROUP_RECORDS }, () => new DecodedEvent())

  readonly #decoder: Decoder
  readonly #validator: Validator
  readonly #pages: Pages
  readonly #settled: Settled
  readonly #pageBefore: (page: number, other: number) => boolean

  constructor(options: CoreOptions, state: PartitionState = newPartitionState(options)) {
    this.options = options
    this.state = state
    this.#decoder = new Decoder(options, options.dropBots ? [...COUNTED_FIELDS, 'userAgent'] : COUNTED_FIELDS)
    this.#validator = new Validator(options, this.#decoder)
    this.#pages = new Pages(state.counters)
    const { counters, sessions } = state
    this.#settled = {
      started: () => {
        counters.started.values[0]!++
      },
      openForADay: () => {
        counters.openOver24h++
      },
      closed: (slot) => counters.countClosed(sessions, slot),
    }
    const labels = counters.pages.values
    this.#pageBefore = (page, other) => labels[page]! < labels[other]!
  }

  /** The event processed last, one by one; holds what the outcome was about. */
  get event(): DecodedEvent {
    return this.events[0]!
  }

  /**
   * Takes the record in bytes[start, end) into the state.
   * @param logTimeMs epoch milliseconds, or NO_LOG_TIME
   * @param appendTime whether the log itself stamped logTimeMs
   */
  process(bytes: Uint8Array, start: number, end: number, logTimeMs: number, appendTime: boolean): Outcome {
    this.#decoder.forgetTexts()
    return this.#take(this.event, this.#read(this.event, bytes, start, end), logTimeMs, appendTime)
  }

  /**
   * Takes up to GROUP_RECORDS records from records[from] on into the state, with the very result of one by one, and
   * returns how many. The whole group is read first, and the places it will need in the tables, which lie anywhere in
   * memory, are looked at together: fetching them side by side instead of one after the other saves a fifth of the
   * whole path with 100,000 users (npm run bench).
   */
  processGroup(records: readonly RecordRange[], from: number, appendTime: boolean): number {
    const { events, outcomes, state } = this
    const count = Math.min(GROUP_RECORDS, records.length - from)
    this.#decoder.forgetTexts()
    for (let i = 0; i < count; i++) {
      const { bytes, start, end } = records[from + i]!
      outcomes[i] = this.#read(events[i]!, bytes, start, end)
    }
    for (let i = 0; i < count; i++) {
      if (outcomes[i] !== ACCEPTED) continue
      state.seen.touch(events[i]!.id.lo)
      state.sessions.touchKey(events[i]!.key.lo)
    }
    for (let i = 0; i < count; i++) {
      outcomes[i] = this.#take(events[i]!, outcomes[i]!, records[from + i]!.logTimeMs, appendTime)
    }
    return count
  }

  /** What the record that was read leads to. */
  #take(event: DecodedEvent, read: Outcome, logTimeMs: number, appendTime: boolean): Outcome {
    const { options, state } = this
    const { clock, counters, sessions } = state
    counters.consumed.values[0]!++
    const outcome = read === ACCEPTED ? this.#judge(event, logTimeMs) : read
    if (outcome !== ACCEPTED) {
      counters.countRefused(outcome)
      return outcome
    }
    const page = this.#pages.find(event.pageBytes, event.pageStart, event.pageEnd)
    const { anyPage, somePage } = counters.funnelMasks
    const steps = anyPage[event.type]! | (somePage[event.type]! & page.steps)
    sessionize(sessions, options, event, page.id, steps, this.#pageBefore)
    counters.countEvent(event, page.id)
    observe(clock, options, event.timeMs, Number.isNaN(logTimeMs) ? event.timeMs : logTimeMs, appendTime, event.user)
    settle(sessions, options, clock.watermarkMs, this.#settled)
    return ACCEPTED
  }

  /** Moves stream time on without a record, because the partition is quiet. Epoch milliseconds. */
  advance(streamTimeMs: number): void {
    const { clock, sessions } = this.state
    advance(clock, this.options, streamTimeMs)
    settle(sessions, this.options, clock.watermarkMs, this.#settled)
  }

  /** Closes every session, for a file that has ended. */
  closeAll(): void {
    settle(this.state.sessions, this.options, Number.POSITIVE_INFINITY, this.#settled)
  }

  /**
   * The least watermark at which a session would start counting or close; Infinity when none is open. Epoch
   * milliseconds.
   */
  nextDueMs(): number {
    const { sessions } = this.state
    for (;;) {
      const { topDueMs, topSlot } = sessions.due
      if (topDueMs === Number.POSITIVE_INFINITY) return topDueMs
      const exact = dueMs(sessions, topSlot, this.options.sessionGapMs)
      if (exact === topDueMs) return exact
      sessions.due.postponeTop(exact)
    }
  }

  /** Bytes to event. A fault of ours costs this one record, not the process. */
  #read(event: DecodedEvent, bytes: Uint8Array, start: number, end: number): Outcome {
    try {
      const fault = this.#decoder.decode(bytes, start, end) || this.#validator.validate(event, bytes, start, end)
      if (fault === ACCEPTED && this.options.dropBots && this.#isBot()) return BOT
      return fault
    } catch {
      return INTERNAL_ERROR
    }
  }

  #judge(event: DecodedEvent, logTimeMs: number): Outcome {
    const { options, state } = this
    const { watermarkMs } = state.clock
    if (event.timeMs > logTimeMs + options.futureToleranceMs) return FUTURE_DATED
    if (event.timeMs < watermarkMs) return LATE
    if (event.hasId && !state.seen.add(event.id, event.timeMs, watermarkMs)) return DUPLICATE
    return ACCEPTED
  }

  #isBot(): boolean {
    const kind = this.#decoder.kind(FIELD.userAgent)
    if (kind !== STRING && kind !== ESCAPED) return false
    this.#decoder.text(FIELD.userAgent)
    const { textBytes, textStart, textEnd } = this.#decoder
    return isbot(decodeUtf8(textBytes, textStart, textEnd))
  }
}
