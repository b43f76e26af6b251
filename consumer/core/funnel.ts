import { EVENT_TYPES, type EventType } from '../contract/click-event.ts'

export interface FunnelStep {
  readonly name: string
  readonly event: EventType
  /** Page label the event must have; `*` stands for any run of characters. Any page when absent. */
  readonly page?: string
}

/** A session reaches step k when it holds events of steps 1..k, in any order. */
export interface Funnel {
  readonly name: string
  readonly steps: readonly FunnelStep[]
}

/** All steps of all funnels share one 32-bit mask per session. */
export const MOST_FUNNEL_STEPS = 31

/** Funnels compiled to bits: which steps an event is, and how far a session's bits reach. */
export class FunnelMasks {
  /** Bits of the steps of each event type that ask for no page. */
  readonly anyPage = new Int32Array(EVENT_TYPES.length)
  /** Bits of the steps of each event type that ask for a page; and-ed with the page's own bits. */
  readonly somePage = new Int32Array(EVENT_TYPES.length)
  /** What stands between the `*` of each page pattern. */
  readonly #patterns: { readonly bit: number; readonly parts: readonly string[] }[] = []
  readonly #lengths: readonly number[]

  constructor(funnels: readonly Funnel[]) {
    this.#lengths = funnels.map(({ steps }) => steps.length)
    for (const [index, step] of funnels.flatMap(({ steps }) => steps).entries()) {
      const type = EVENT_TYPES.indexOf(step.event)
      const bit = 1 << index
      if (step.page === undefined) this.anyPage[type]! |= bit
      else {
        this.somePage[type]! |= bit
        this.#patterns.push({ bit, parts: step.page.split('*') })
      }
    }
  }

  /** Bits of the steps whose page pattern a page label matches. */
  ofPage(label: string): number {
    let bits = 0
    for (const { bit, parts } of this.#patterns) if (matches(label, parts)) bits |= bit
    return bits
  }

  /** Calls `reached` with the running number of every step that the bits reach, over all funnels. */
  forEachReached(bits: number, reached: (step: number) => void): void {
    let first = 0
    for (const length of this.#lengths) {
      for (let step = first; step < first + length && (bits & (1 << step)) !== 0; step++) reached(step)
      first += length
    }
  }
}

/**
 * Whether a label is the parts of a pattern with any runs of characters between them. Takes the first place for every
 * part and never goes back: labels come from the data, and a regular expression can be made to take minutes.
 */
function matches(label: string, parts: readonly string[]): boolean {
  const first = parts[0]!
  const last = parts.at(-1)!
  if (parts.length === 1) return label === first
  const end = label.length - last.length
  if (end < first.length || !label.startsWith(first) || !label.endsWith(last)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = label.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
