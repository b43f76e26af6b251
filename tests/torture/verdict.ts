import type { ReferenceOptions } from '../../producer/oracle/event.ts'
import { type Difference, differences, isDoubled } from './differences.ts'
import type { LogEntry } from './fold.ts'
import { letterFaults } from './letter-faults.ts'
import { POSITION } from './page.ts'
import { type ScrapedPage, showingsOf } from './showings.ts'
import { type StepBack, stepsBack } from './steps-back.ts'

/** What a run has to answer for. */
export interface Evidence {
  readonly pages: readonly ScrapedPage[]
  /** What the topic holds, by partition. */
  readonly logs: readonly (readonly LogEntry[])[]
  /** Dead letters by `partition/offset`, with their reasons. */
  readonly letters: ReadonlyMap<string, string>
  /** Processes that ended as they should not, or said that a past was lost. */
  readonly faults: readonly string[]
}

export interface Verdict {
  /** Pages with a series that differs from the log at their position, other than by being doubled. */
  readonly wrong: readonly Difference[]
  /** Pages with a counter that shows more than the log holds. */
  readonly doubled: readonly Difference[]
  readonly backwards: readonly StepBack[]
  readonly stale: number
  /** Everything else that must not be. */
  readonly faults: readonly string[]
}

/** @param staleAfterMs how long a page may lag behind another process's */
export function judgeEvidence(
  { pages, logs, letters, faults }: Evidence,
  options: ReferenceOptions,
  staleAfterMs: number,
): Verdict {
  const showings = showingsOf(pages)
  const ofPartition = logs.map((_, partition) => showings.filter((showing) => showing.partition === partition))
  const differing = logs.flatMap((log, partition) => differences(ofPartition[partition]!, log, options))
  const back = ofPartition.map((own) => stepsBack(own, staleAfterMs))
  const unread = logs.flatMap((log, partition) => {
    const end = (log.at(-1)?.offset ?? -1) + 1
    const last = Math.max(0, ...ofPartition[partition]!.map(({ values }) => values.get(POSITION) ?? 0))
    return last === end ? [] : [`partition ${partition} was shown up to ${last} only, and holds ${end} records`]
  })
  return {
    wrong: differing.filter((difference) => !isDoubled(difference)),
    doubled: differing.filter(isDoubled),
    backwards: back.flatMap(({ steps }) => steps),
    stale: back.reduce((sum, { stale }) => sum + stale, 0),
    faults: [...faults, ...unread, ...letterFaults(logs, letters, options)],
  }
}

export const isPassed = ({ wrong, doubled, backwards, faults }: Verdict): boolean =>
  wrong.length + doubled.length + backwards.length + faults.length === 0
