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
  readonly #patterns: { readonly bit: number; readonly pattern: RegExp }[] = []
  readonly #lengths: readonly number[]

  constructor(funnels: readonly Funnel[]) {
    this.#lengths = funnels.map(({ steps }) => steps.length)
    for (const [index, step] of funnels.flatMap(({ steps }) => steps).entries()) {
      const type = EVENT_TYPES.indexOf(step.event)
      const bit = 1 << index
      if (step.page === undefined) this.anyPage[type]! |= bit
      else {
        this.somePage[type]! |= bit
        this.#patterns.push({ bit, pattern: globPattern(step.page) })
      }
    }
  }

  /** Bits of the steps whose page pattern a page label matches. */
  ofPage(label: string): number {
    let bits = 0
    for (const { bit, pattern } of this.#patterns) if (pattern.test(label)) bits |= bit
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

function globPattern(glob: string): RegExp {
  const literal = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${literal.join('.*')}$`, 's')
}
