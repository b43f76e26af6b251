import type { ReferenceEvent, ReferenceOptions } from './event.ts'
import { afterAccepting, UNSET } from './stream-time.ts'

export type Verdict = 'accepted' | 'bot' | 'future_dated' | 'late' | 'duplicate'

/** Fewer ids than this are not worth looking through for those that can be forgotten. */
const FEWEST_LOOKED_THROUGH = 10_000

/** Walks one partition's log, decides each event's fate and moves stream time on. */
export class Judge {
  readonly #options: ReferenceOptions
  /** Event time of each accepted id, epoch ms. Those the watermark has passed go each time their number has doubled. */
  readonly #timeOfId = new Map<string, number>()
  #lookThroughAt = FEWEST_LOOKED_THROUGH
  #streamTime = UNSET

  constructor(options: ReferenceOptions) {
    this.#options = options
  }

  /** Epoch ms; -Infinity until the first accepted event. */
  get streamTimeMs(): number {
    return this.#streamTime.timeMs
  }

  /** Epoch ms; -Infinity until the first accepted event. */
  get watermarkMs(): number {
    return this.#streamTime.timeMs - this.#options.allowedLatenessMs
  }

  /** Ids kept, those included that could be forgotten. */
  get keptIds(): number {
    return this.#timeOfId.size
  }

  /** The fate of the log's next event, which moves stream time on when it is accepted. */
  verdictOn(event: ReferenceEvent): Verdict {
    const verdict = this.#verdictOn(event)
    if (verdict === 'accepted') {
      if (event.id !== undefined) this.#remember(event.id, event.timeMs)
      this.#streamTime = afterAccepting(this.#streamTime, event, this.#options)
    }
    return verdict
  }

  #verdictOn(event: ReferenceEvent): Verdict {
    if (this.#options.dropBots && event.bot === true) return 'bot'
    if (event.timeMs > event.logTimeMs + this.#options.futureToleranceMs) return 'future_dated'
    if (event.timeMs < this.watermarkMs) return 'late'
    if (event.id !== undefined && this.#remembers(event.id)) return 'duplicate'
    return 'accepted'
  }

  #remembers(id: string): boolean {
    const timeMs = this.#timeOfId.get(id)
    return timeMs !== undefined && !this.#isOver(timeMs)
  }

  #remember(id: string, timeMs: number): void {
    this.#timeOfId.set(id, timeMs)
    if (this.#timeOfId.size < this.#lookThroughAt) return
    for (const [known, knownMs] of this.#timeOfId) if (this.#isOver(knownMs)) this.#timeOfId.delete(known)
    this.#lookThroughAt = Math.max(FEWEST_LOOKED_THROUGH, 2 * this.#timeOfId.size)
  }

  /** Ids are kept by the whole second. */
  #isOver(timeMs: number): boolean {
    return wholeSeconds(timeMs) < wholeSeconds(this.watermarkMs)
  }
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000)

/** One event of the log with what became of it; the times are those after it. */
export interface Judged {
  event: ReferenceEvent
  verdict: Verdict
  streamTimeMs: number
  watermarkMs: number
}

/** What becomes of each event of a log. */
export function judge(events: readonly ReferenceEvent[], options: ReferenceOptions): Judged[] {
  const walk = new Judge(options)
  return events.map((event) => {
    const verdict = walk.verdictOn(event)
    return { event, verdict, streamTimeMs: walk.streamTimeMs, watermarkMs: walk.watermarkMs }
  })
}
