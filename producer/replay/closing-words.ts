import type { Ending } from './replay.ts'

export interface Outcome {
  /** Undefined when the replay was given up because of a fault. */
  readonly ending: Ending | undefined
  readonly sent: number
  readonly elapsedMs: number
  /** How many records were left out, by reason. */
  readonly omitted: ReadonlyMap<string, number>
  /** What the receiver took for no events; undefined where nobody looks at them. */
  readonly rejected: number | undefined
  /** Records that were sent without an answer. */
  readonly unconfirmed: number
  /** Records that the receiver deleted to make room for others. */
  readonly crowdedOut: number
  /** Whether the same replay can be gone on with. */
  readonly canResume: boolean
}

const count = new Intl.NumberFormat('en-US')

/** The last line of a replay. */
export function closingWords({ ending, sent, elapsedMs, ...counts }: Outcome): string {
  const parts = [beginning(ending === 'all' || ending === 'limit', sent, elapsedMs), dropped(counts.omitted)]
  const { rejected, unconfirmed, crowdedOut, canResume } = counts
  const perhaps =
    unconfirmed > 0 ? `; ${count.format(unconfirmed)} more were sent without an answer and may be there` : ''
  const left = rejected === undefined ? '' : `, ${count.format(rejected)} rejected by the endpoint`
  const gone =
    crowdedOut > 0
      ? `; ${count.format(crowdedOut)} of the oldest records were deleted to keep the log within --retention`
      : ''
  const goOn = ending === 'all' || !canResume ? '' : '; the same command with --resume goes on from there'
  return `${parts.join('; ')}${left}${perhaps}${gone}${goOn}`
}

function beginning(isDone: boolean, sent: number, elapsedMs: number): string {
  const perSecond = Math.round((1_000 * sent) / Math.max(1, elapsedMs))
  const pace = `in ${(elapsedMs / 1_000).toFixed(1)} s, ${count.format(perSecond)} a second`
  return `${isDone ? 'done:' : 'stopped after'} ${count.format(sent)} ${sent === 1 ? 'record' : 'records'} ${pace}`
}

function dropped(omitted: ReadonlyMap<string, number>): string {
  const total = [...omitted.values()].reduce((sum, records) => sum + records, 0)
  const reasons = [...omitted].map(([reason, records]) => `${count.format(records)} ${reason}`)
  return `${count.format(total)} dropped${total > 0 ? ` (${reasons.join(', ')})` : ''}`
}
