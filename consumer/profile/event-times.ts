const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const WORDS_PER_DAY = 45
/** No clickstream is that old: 1970 with seconds taken for milliseconds, for one. */
export const IMPLAUSIBLE_BEFORE_MS = Date.UTC(1990, 0, 1)
const MOST_GAPS = 3

export interface Gap {
  /** ISO 8601, whole minutes: the first without an event, and the next one with. */
  readonly from: string
  readonly to: string
  readonly seconds: number
}

export interface TimesSummary {
  /** ISO 8601; undefined without events. */
  readonly first: string | undefined
  readonly last: string | undefined
  readonly span_seconds: number
  /** Events by the hour of the day in UTC, 0 to 23. */
  readonly by_hour: readonly number[]
  readonly before_1990: number
  /** Later than this machine's clock. */
  readonly in_future: number
  /** Minutes without an event between the first and the last plausible time: neither before 1990 nor in the future. */
  readonly empty_minutes: number
  /** The longest stretches of such minutes, longest first. */
  readonly gaps: readonly Gap[]
}

/** When events happened. Memory: 200 bytes per day on which something did, of which there are 47,482 up to 2100. */
export class EventTimes {
  readonly #nowMs: number
  readonly #hours = new Float64Array(24)
  /** By day since 1970, a bit per minute. */
  readonly #days = new Map<number, Int32Array>()
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY
  #before1990 = 0
  #inFuture = 0
  #today = -1
  #minutes: Int32Array = new Int32Array(WORDS_PER_DAY)

  /** @param nowMs what counts as future, epoch milliseconds */
  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  /** @param timeMs epoch milliseconds, valid as an event time */
  add(timeMs: number): void {
    if (timeMs < this.#first) this.#first = timeMs
    if (timeMs > this.#last) this.#last = timeMs
    const day = Math.floor(timeMs / DAY_MS)
    const minute = Math.floor((timeMs - day * DAY_MS) / MINUTE_MS)
    this.#hours[(minute / 60) | 0]!++
    if (timeMs < IMPLAUSIBLE_BEFORE_MS) this.#before1990++
    else if (timeMs > this.#nowMs) this.#inFuture++
    else {
      if (day !== this.#today) this.#turnTo(day)
      this.#minutes[minute >> 5]! |= 1 << (minute & 31)
    }
  }

  summary(): TimesSummary {
    const gaps = this.#gaps()
    const none = this.#first > this.#last
    return {
      first: none ? undefined : new Date(this.#first).toISOString(),
      last: none ? undefined : new Date(this.#last).toISOString(),
      span_seconds: none ? 0 : (this.#last - this.#first) / 1000,
      by_hour: [...this.#hours],
      before_1990: this.#before1990,
      in_future: this.#inFuture,
      empty_minutes: gaps.reduce((sum, { from, to }) => sum + to - from, 0),
      gaps: gaps
        .sort((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from)
        .slice(0, MOST_GAPS)
        .map(({ from, to }) => ({ from: isoMinute(from), to: isoMinute(to), seconds: (to - from) * 60 })),
    }
  }

  #turnTo(day: number): void {
    this.#today = day
    const known = this.#days.get(day)
    this.#minutes = known ?? new Int32Array(WORDS_PER_DAY)
    if (known === undefined) this.#days.set(day, this.#minutes)
  }

  /** In minutes since 1970, in their order. */
  #gaps(): { from: number; to: number }[] {
    const gaps: { from: number; to: number }[] = []
    let next: number | undefined
    for (const day of [...this.#days.keys()].sort((a, b) => a - b)) {
      const minutes = this.#days.get(day)!
      for (let minute = 0; minute < 1440; minute++) {
        if ((minutes[minute >> 5]! & (1 << (minute & 31))) === 0) continue
        const at = day * 1440 + minute
        if (next !== undefined && at > next) gaps.push({ from: next, to: at })
        next = at + 1
      }
    }
    return gaps
  }
}

const isoMinute = (minute: number): string => new Date(minute * MINUTE_MS).toISOString()
