import type { Difference } from './differences.ts'
import { type Action, countsText, seconds } from './schedule.ts'
import type { ScrapedPage, Showing } from './showings.ts'
import { isPassed, type Verdict } from './verdict.ts'

export interface RunFigures {
  readonly seed: number
  readonly actions: readonly Action[]
  readonly pages: readonly ScrapedPage[]
}

/** Of each kind, the first of a partition and a process: the rest is likely of the same cause. */
const MOST_EXAMPLES = 5

/** What is wrong, if anything is, and the figure as the last line. */
export function reportText(verdict: Verdict, { seed, actions, pages }: RunFigures): string {
  const { wrong, doubled, backwards, stale, faults } = verdict
  const differences = [...examples(wrong, ofShowing), ...examples(doubled, ofShowing)].map(
    ({ series, expected, shown, showing }) => `${placeText(showing)}: ${series} is ${shown} and should be ${expected}`,
  )
  const steps = examples(backwards, ({ lower }) => lower).map(({ series, lower, higher }) => {
    const before = `${higher.values.get(series)} was shown by ${higher.process} at ${seconds(higher.answeredMs)}`
    return `${placeText(lower)}: ${series} is ${lower.values.get(series) ?? 0} after ${before}`
  })
  const counts = [
    countsText(actions),
    `${figure(pages.length)} scrapes`,
    `${figure(pages.flatMap(({ partitions }) => partitions).length)} partition captures`,
    `${figure(wrong.length)} wrong`,
    `${figure(backwards.length)} backwards`,
    `${figure(doubled.length)} doubled`,
    `${figure(stale)} stale within bounds`,
    ...(faults.length > 0 ? [`${figure(faults.length)} other faults`] : []),
  ]
  const last = `torture: ${isPassed(verdict) ? 'PASS' : 'FAIL'}, ${counts.join(', ')}; seed ${seed}`
  return [...differences, ...steps, ...faults.slice(0, MOST_EXAMPLES), last].join('\n')
}

function examples<Item>(items: readonly Item[], showingOf: (item: Item) => Showing): Item[] {
  const first = Map.groupBy(items, (item) => `${showingOf(item).partition} ${showingOf(item).process}`)
  return [...first.values()].map(([item]) => item!).slice(0, MOST_EXAMPLES)
}

const ofShowing = ({ showing }: Difference): Showing => showing

function placeText({ partition, process, values, requestedMs }: Showing): string {
  const position = values.get('clickstream_position_offset')
  return `partition ${partition} at ${position}, shown by ${process} at ${seconds(requestedMs)}`
}

const figure = (count: number): string => count.toLocaleString('en')
