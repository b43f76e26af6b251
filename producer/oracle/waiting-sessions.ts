import type { LabelledEvent, ReferenceOptions } from './event.ts'
import { endOf, type Session, splitIntoSessions } from './sessions.ts'

/** Fewer waiting events than this are not worth sorting before somebody asks. */
const FEWEST_SETTLED = 10_000

/**
 * Accepted events of sessions that may still change. Nothing later than the watermark can reach a session whose end
 * and gap lie strictly before it: such sessions are handed out once and their events forgotten.
 */
export class WaitingSessions {
  readonly #options: ReferenceOptions
  #events: LabelledEvent[] = []
  #dueAt = FEWEST_SETTLED

  constructor(options: ReferenceOptions) {
    this.#options = options
  }

  /** Events kept. */
  get waiting(): number {
    return this.#events.length
  }

  /** So many wait that settling keeps them from growing without end: twice as many as the last time left. */
  get isDue(): boolean {
    return this.#events.length >= this.#dueAt
  }

  add(event: LabelledEvent): void {
    this.#events.push(event)
  }

  /** Sorts and splits what waits, hands out what is closed for good, and gives what stays open. */
  settle(watermarkMs: number, closed: (session: Session) => void): Session[] {
    const open: Session[] = []
    for (const session of splitIntoSessions(this.#events, this.#options)) {
      if (endOf(session) + this.#options.gapMs < watermarkMs) closed(session)
      else open.push(session)
    }
    this.#events = open.flatMap(({ events }) => events)
    this.#dueAt = Math.max(FEWEST_SETTLED, 2 * this.#events.length)
    return open
  }
}
