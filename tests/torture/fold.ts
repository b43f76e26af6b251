import type { LabelledEvent, ReferenceEvent, ReferenceOptions } from '../../producer/oracle/event.ts'
import { ofAccepted, ofClosed, ofRefused } from '../../producer/oracle/increments.ts'
import { judge } from '../../producer/oracle/judge.ts'
import { LabelGuard } from '../../producer/oracle/label-guard.ts'
import { endOf, sessionKeyOf, splitIntoSessions, startOf } from '../../producer/oracle/sessions.ts'
import { type Increment, increment, Sums } from '../../producer/oracle/sums.ts'
import { POSITION } from './page.ts'

/** A record of one partition's log; without an event it is no JSON. */
export interface LogEntry {
  readonly offset: number
  readonly event: ReferenceEvent | undefined
}

/** Pages with a label of their own, as many as there are unless configured. */
const MAX_PAGES = 100
const LABELS = ['page', 'currency'] as const

/**
 * Every state-derived series of one partition at any position of its log, told with hindsight: which sessions there
 * will be is known from the whole log, since a closed one never changes. Each counts when the watermark reaches its
 * start, and again when it passes its end by more than the gap.
 */
export class Fold {
  readonly #entries: readonly LogEntry[]
  readonly #options: ReferenceOptions
  /** After each entry. */
  readonly #watermarksMs: number[] = []
  /** By entry. */
  readonly #increments: Increment[][]
  readonly #sums = new Sums()
  readonly #labels = new LabelGuard([], MAX_PAGES)
  #folded = 0

  constructor(entries: readonly LogEntry[], options: ReferenceOptions) {
    this.#entries = entries
    this.#options = options
    this.#increments = entries.map(() => [])
    for (const label of LABELS) {
      const { used, limit } = this.#labels[label]
      this.#sums.add([increment('label_values', { label }, used), increment('label_values_limit', { label }, limit)])
    }
    this.#placeSessions(this.#placeEntries())
  }

  /** The series at a position, zeros left out. @throws {RangeError} when a later position was asked for before */
  upTo(position: number): Map<string, number> {
    const last = this.#entries[this.#folded - 1]
    if (last !== undefined && last.offset >= position) throw new RangeError(`position ${position} has passed`)
    while (this.#folded < this.#entries.length && this.#entries[this.#folded]!.offset < position) {
      this.#sums.add(this.#increments[this.#folded]!)
      this.#folded++
    }
    const values = this.#sums.shown().set(POSITION, position)
    const watermarkMs = this.#watermarksMs[this.#folded - 1] ?? Number.NEGATIVE_INFINITY
    if (Number.isFinite(watermarkMs)) values.set('clickstream_watermark_timestamp_seconds', watermarkMs / 1_000)
    return values
  }

  /** What counts with its record. Gives where each accepted event stands. */
  #placeEntries(): Map<LabelledEvent, number> {
    const judged = judge(
      this.#entries.flatMap(({ event }) => event ?? []),
      this.#options,
    ).values()
    const accepted = new Map<LabelledEvent, number>()
    const timesOfKey = new Map<string, number[]>()
    for (const [index, { event }] of this.#entries.entries()) {
      const increments = this.#increments[index]!
      increments.push(increment('records_consumed_total'))
      const result = event && judged.next().value
      this.#watermarksMs.push(result?.watermarkMs ?? this.#watermarksMs.at(-1) ?? Number.NEGATIVE_INFINITY)
      const verdict = result?.verdict ?? 'malformed_json'
      if (verdict === 'accepted') {
        const used = LABELS.map((label) => this.#labels[label].used)
        const labelled = this.#labels.labelled(event!)
        const newValues = LABELS.map((label, at) => this.#labels[label].used - used[at]!)
        accepted.set(labelled, index)
        const key = sessionKeyOf(labelled, this.#options.sessionKey)
        const times = timesOfKey.get(key) ?? []
        timesOfKey.set(key, times)
        const sessions = sessionsMadeBy(labelled.timeMs, times, this.#options.gapMs)
        increments.push(...ofAccepted(labelled), increment('sessions_open', {}, sessions))
        increments.push(...LABELS.map((label, at) => increment('label_values', { label }, newValues[at]!)))
      } else increments.push(ofRefused(verdict))
    }
    return accepted
  }

  #placeSessions(accepted: ReadonlyMap<LabelledEvent, number>): void {
    const { gapMs } = this.#options
    for (const session of splitIntoSessions([...accepted.keys()], this.#options)) {
      const startMs = startOf(session)
      const arrivals = session.events.filter(({ timeMs }) => timeMs === startMs).map((event) => accepted.get(event)!)
      const started = Math.max(
        Math.min(...arrivals),
        this.#firstAt((watermarkMs) => watermarkMs >= startMs),
      )
      this.#increments[started]?.push(increment('sessions_started_total'))
      const closed = this.#firstAt((watermarkMs) => watermarkMs > endOf(session) + gapMs)
      this.#increments[closed]?.push(increment('sessions_open', {}, -1), ...ofClosed(session, this.#options))
    }
  }

  /** Index of the first entry after which the watermark is such; it never regresses. The number of entries if none. */
  #firstAt(isSuch: (watermarkMs: number) => boolean): number {
    let low = 0
    let high = this.#watermarksMs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isSuch(this.#watermarksMs[middle]!)) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** 1, or 0 when it joins a session, or -1 when it joins two. Puts the time among those of its key, which are in order. */
function sessionsMadeBy(timeMs: number, times: number[], gapMs: number): number {
  let at = times.length
  while (at > 0 && times[at - 1]! > timeMs) at--
  const before = times[at - 1] ?? Number.NEGATIVE_INFINITY
  const after = times[at] ?? Number.POSITIVE_INFINITY
  times.splice(at, 0, timeMs)
  const joined = (earlier: number, later: number): number => (later - earlier <= gapMs ? 1 : 0)
  return 1 - joined(before, timeMs) - joined(timeMs, after) + joined(before, after)
}
