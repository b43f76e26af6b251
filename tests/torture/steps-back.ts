import { isCounter, POSITION } from './page.ts'
import type { Showing } from './scraper.ts'

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
 * One partition's steps back, over the pages of all processes. A process may never show less than itself before. It may
 * show less than another only if its numbers are older than the other's: committed before the other could commit more.
 * From that commit on they may be shown for a while, hence no longer than that while after the first answer with more.
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
    if (own !== undefined) {
      steps.push({ lower, ...own })
      continue
    }
    const other = highest.above(lower)
    if (other === undefined) continue
    const first = byAnswer.find(({ values }) => valueIn(values, other.series) > valueIn(lower.values, other.series))!
    if (lower.requestedMs <= first.answeredMs + staleAfterMs) stale++
    else steps.push({ lower, series: other.series, higher: first })
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
