import { type PartitionPage, POSITION } from './page.ts'

/** A page as it was received. Times are milliseconds since the run began. */
export interface ScrapedPage {
  readonly process: string
  readonly requestedMs: number
  readonly answeredMs: number
  readonly partitions: readonly PartitionPage[]
}

/** One partition on one page. */
export interface Showing extends PartitionPage, Omit<ScrapedPage, 'partitions'> {
  /** Its numbers were copied after this moment. */
  readonly capturedAfterMs: number
}

/** A page that comes sooner waited for every copy that was being committed when it was asked for. */
const LONGEST_COMMIT_MS = 1_000

/** Every partition of every page, and when at the earliest its numbers were copied. */
export function showingsOf(pages: readonly ScrapedPage[]): Showing[] {
  const byProcess = Map.groupBy(pages, ({ process }) => process)
  return [...byProcess.values()].flatMap(showingsOfProcess)
}

/**
 * Numbers that a page shows for the first time were not there yet when an earlier page was answered; and if that one
 * came soon enough, they were not even being committed when it was asked for.
 */
function showingsOfProcess(pages: readonly ScrapedPage[]): Showing[] {
  const byAnswer = pages.toSorted((a, b) => a.answeredMs - b.answeredMs)
  const firstShown = new Map<string, number>()
  let answered = 0
  let notBeforeMs = Number.NEGATIVE_INFINITY
  return pages
    .toSorted((a, b) => a.requestedMs - b.requestedMs)
    .flatMap(({ process, requestedMs, answeredMs, partitions }) => {
      for (; answered < byAnswer.length && byAnswer[answered]!.answeredMs < requestedMs; answered++) {
        const before = byAnswer[answered]!
        const isSoon = before.answeredMs - before.requestedMs < LONGEST_COMMIT_MS
        if (isSoon) notBeforeMs = Math.max(notBeforeMs, before.requestedMs)
      }
      return partitions.map(({ partition, values }) => {
        const numbers = `${partition} at ${values.get(POSITION)}`
        const capturedAfterMs = firstShown.get(numbers) ?? notBeforeMs
        firstShown.set(numbers, capturedAfterMs)
        return { process, partition, values, requestedMs, answeredMs, capturedAfterMs }
      })
    })
}
