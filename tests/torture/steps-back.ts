import { isCounter, POSITION } from './page.ts'
import type { Showing } from './showings.ts'

/** A page showed less than one that was received before it was asked for. */
export interface StepBack {
  readonly series: string
  readonly lower: Showing
  readonly higher: Showing
}

export interface StepsBack {
  readonly steps: readonly StepBack[]
  /** Pages of a process that had lost the partition and did not know yet, within the time the design allows. */
  readonly stale: number
}

const isMonotone = (series: string): boolean => series === POSITION || isCounter(series)

/**
 * One partition's steps back, over the pages of all processes. A process may never show less than itself before. Less
 * than another it may show only as the owner before that one: with numbers that were committed before the other
 * committed more, hence copied before the other's first answer with more, and for no longer than a while after it.
 */
export function stepsBack(showings: readonly Showing[], staleAfterMs: number): StepsBack {
  const byAnswer = showings.toSorted((a, b) => a.answeredMs - b.answeredMs)
  const highest = new Highest()
  const highestOf = new Map<string, Highest>()
  const steps: StepBack[] = []
  let stale = 0
  let answered = 0
  for (const lower of showings.toSorted((a, b) => a.requestedMs - b.requestedMs)) {
    for (; answered < byAnswer.length && byAnswer[answered]!.answeredMs <= lower.requestedMs; answered++) {
      const showing = byAnswer[answered]!
      const own = highestOf.get(showing.process) ?? new Highest()
      highestOf.set(showing.process, own.raise(showing))
      highest.raise(showing)
    }
    const own = highestOf.get(lower.process)?.above(lower)
    const any = own ?? highest.above(lower)
    if (any === undefined) continue
    const { series } = any
    const first = byAnswer.find(({ values }) => valueIn(values, series) > valueIn(lower.values, series))!
    const isOlder = own === undefined && lower.capturedAfterMs <= first.answeredMs
    if (isOlder && lower.requestedMs <= first.answeredMs + staleAfterMs) stale++
    else steps.push({ lower, ...any })
  }
  return { steps, stale }
}

/** The highest value of each series so far, and which page showed it. */
class Highest {
  readonly #by = new Map<string, Showing>()

  raise(showing: Showing): this {
    for (const [series, value] of showing.values) {
      if (isMonotone(series) && value > valueIn(this.#by.get(series)?.values, series)) this.#by.set(series, showing)
    }
    return this
  }

  /** A series of which the page shows less; the position, if it does of that. */
  above({ values }: Showing): { series: string; higher: Showing } | undefined {
    const less = [...this.#by].filter(([series, higher]) => valueIn(values, series) < valueIn(higher.values, series))
    const [series, higher] = less.find(([series]) => series === POSITION) ?? less[0] ?? []
    return series === undefined ? undefined : { series, higher: higher! }
  }
}

/** A series that is not there has counted nothing. */
const valueIn = (values: ReadonlyMap<string, number> | undefined, series: string): number => values?.get(series) ?? 0
