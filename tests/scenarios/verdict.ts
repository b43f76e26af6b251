import type { AlertPattern } from './listed-alerts.ts'

/** An alert from its beginning to its end. Epoch milliseconds. */
export interface FiredAlert {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly startedMs: number
  /** Undefined while it fires, as far as anybody was told. */
  readonly endedMs: number | undefined
}

/** A topic and what happened to it; the control has no scenario, and expects nothing. */
export interface Trial {
  readonly name: string
  readonly expected: readonly AlertPattern[]
  /** When the scenario began and ended; of the control, what those of the others are. */
  readonly fromMs: number
  readonly toMs: number
}

export interface Verdict {
  /** Listed, and did not fire. */
  readonly missing: readonly AlertPattern[]
  /** Not listed, or before there was a reason. */
  readonly unexpected: readonly FiredAlert[]
  readonly unresolved: readonly FiredAlert[]
  /** From the beginning of the scenario until the last of the listed alerts fired; undefined when none did. */
  readonly firedAfterMs: number | undefined
  /** From the end of the scenario until the last of them was over; below 0 when that was before. */
  readonly resolvedAfterMs: number | undefined
}

/** Whether a topic's alerts are exactly those that are listed, no sooner than the scenario, and over. */
export function judge({ expected, fromMs, toMs }: Trial, fired: readonly FiredAlert[]): Verdict {
  const isListed = (alert: FiredAlert): boolean =>
    alert.startedMs >= fromMs && expected.some((pattern) => fits(alert, pattern))
  const listed = fired.filter(isListed)
  const firsts = expected
    .map((pattern) => listed.filter((alert) => fits(alert, pattern)).map(({ startedMs }) => startedMs))
    .filter((starts) => starts.length > 0)
    .map((starts) => Math.min(...starts))
  const ends = listed.flatMap(({ endedMs }) => endedMs ?? [])
  return {
    missing: expected.filter((pattern) => !listed.some((alert) => fits(alert, pattern))),
    unexpected: fired.filter((alert) => !isListed(alert)),
    unresolved: fired.filter(({ endedMs }) => endedMs === undefined),
    firedAfterMs: firsts.length === 0 ? undefined : Math.max(...firsts) - fromMs,
    resolvedAfterMs: ends.length === 0 ? undefined : Math.max(...ends) - toMs,
  }
}

const fits = ({ name, labels }: FiredAlert, pattern: AlertPattern): boolean =>
  name === pattern.name && Object.entries(pattern.labels).every(([label, value]) => labels[label] === value)

export const isPassed = ({ missing, unexpected, unresolved }: Verdict): boolean =>
  missing.length + unexpected.length + unresolved.length === 0
