import { EACH_BATCH, FLOOR, OURS_TWICE } from './contestants.ts'
import type { Figures, Goal } from './figures.ts'

const MOST_OF_TWO = 1.1

/** What the figures are judged by; each compares CPU per event within the same round. */
export function goalsOf(figures: readonly Figures[]): Goal[] {
  const toOurs = (name: string): number => figures.find((own) => own.name === name)!.toFirst.median
  const ofEachBatch = 1 / toOurs(EACH_BATCH.name)
  const ofTwo = toOurs(OURS_TWICE.name)
  return [
    {
      goal: `less CPU than counting with prom-client in eachBatch, which takes 1; parsing alone takes ${(toOurs(FLOOR.name) / toOurs(EACH_BATCH.name)).toFixed(2)}`,
      figure: ofEachBatch,
      met: ofEachBatch < 1,
    },
    { goal: `two processes take at most ${MOST_OF_TWO} times one`, figure: ofTwo, met: ofTwo <= MOST_OF_TWO },
  ]
}
