import type { Comparison } from './comparison.ts'

/** What a stream was made of and what was found. */
export interface Verdict {
  readonly comparison: Comparison
  readonly families: number
  readonly partitions: number
  readonly seed: number
  /** Records of the traffic, and those after it that stand at the edges of the rules and close the sessions. */
  readonly events: number
  readonly edgeEvents: number
  /** What is wrong with the log itself, in words: records that were sent and are not there. */
  readonly faults: readonly string[]
  /** What is not as usual and yet not wrong. */
  readonly remarks: readonly string[]
}

export const isPassed = ({ comparison, faults }: Verdict): boolean =>
  comparison.differences.length === 0 && faults.length === 0
