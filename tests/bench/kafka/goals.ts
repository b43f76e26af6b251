import { EACH_BATCH, FLOOR, OURS_APART, OURS_TWICE } from './contestants.ts'
import type { Figures, Goal } from './figures.ts'

const MOST_OF_TWO = 1.1

/** What the figures are judged by; each compares CPU per event within the same round. */
export function goalsOf(figures: readonly Figures[]): Goal[] {
  const toOurs = (name: string): number => figures.find((own) => own.name === name)!.toFirst.median
  const ofEachBatch = 1 / toOurs(EACH_BATCH.name)
  const floor = toOurs(FLOOR.name) / toOurs(EACH_BATCH.name)
  const ofTwo = toOurs(OURS_TWICE.name)
  // Two busy processes slow each other down whatever they do: only what is left is the price of sharing a group.
  const ofSharing = ofTwo / toOurs(OURS_APART.name)
  return [
    {
      goal: `less CPU than counting with prom-client in eachBatch, which takes 1 (to parse and no more takes ${floor.toFixed(2)})`,
      figure: ofEachBatch,
      met: ofEachBatch < 1,
    },
    { goal: `two in one group take at most ${MOST_OF_TWO} times one`, figure: ofTwo, met: ofTwo <= MOST_OF_TWO },
    {
      goal: `two in one group take at most ${MOST_OF_TWO} times two that share nothing`,
      figure: ofSharing,
      met: ofSharing <= MOST_OF_TWO,
    },
  ]
}
