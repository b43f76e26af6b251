import type { ReferenceEvent, ReferenceOptions } from './event.ts'

type AheadOptions = Pick<ReferenceOptions, 'aheadMs' | 'aheadUsers' | 'appendTime'>

/** Stream time after some prefix of the log; a new value for every event. Times are epoch ms. */
export interface StreamTime {
  /** -Infinity until the first accepted event. */
  readonly timeMs: number
  /** Log time of the event that last moved stream time; meaningless before the first. */
  readonly movedAtLogTimeMs: number
  /** Who is too far ahead to be believed alone, each with the highest time claimed. */
  readonly ahead: readonly AheadUser[]
}

interface AheadUser {
  readonly user: string
  readonly claimMs: number
}

export const UNSET: StreamTime = { timeMs: -Infinity, movedAtLogTimeMs: Number.NaN, ahead: [] }

/** Stream time once `event` has been accepted. */
export function afterAccepting(before: StreamTime, event: ReferenceEvent, options: AheadOptions): StreamTime {
  const claimMs = Math.min(event.timeMs, event.logTimeMs)
  if (claimMs <= before.timeMs) return before

  if (before.timeMs === -Infinity || claimMs <= believableUpTo(before, event, options)) {
    return movedTo(claimMs, event, before.ahead, options)
  }

  const ahead = withClaim(before.ahead, { user: event.user, claimMs })
  if (ahead.length < options.aheadUsers) return { ...before, ahead }
  const lowestClaimMs = Math.min(...ahead.map((entry) => entry.claimMs))
  return movedTo(lowestClaimMs, event, ahead, options)
}

/** How far one event alone may move stream time: further after a pause that the log's own clock vouches for. */
function believableUpTo(before: StreamTime, event: ReferenceEvent, options: AheadOptions): number {
  const pauseMs = options.appendTime ? Math.max(0, event.logTimeMs - before.movedAtLogTimeMs) : 0
  return before.timeMs + options.aheadMs + pauseMs
}

function withClaim(ahead: readonly AheadUser[], claim: AheadUser): AheadUser[] {
  const earlier = ahead.find((entry) => entry.user === claim.user)
  const others = ahead.filter((entry) => entry.user !== claim.user)
  const claimMs = Math.max(claim.claimMs, earlier?.claimMs ?? -Infinity)
  return [...others, { user: claim.user, claimMs }]
}

function movedTo(timeMs: number, by: ReferenceEvent, ahead: readonly AheadUser[], options: AheadOptions): StreamTime {
  return {
    timeMs,
    movedAtLogTimeMs: by.logTimeMs,
    ahead: ahead.filter((entry) => entry.claimMs > timeMs + options.aheadMs),
  }
}
