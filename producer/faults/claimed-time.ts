import { CLAIM_DISORDERS } from '../../consumer/settings/disorders.ts'
import { createRandom, type Random } from '../random.ts'
import { createDraw } from './create-draw.ts'
import type { Effects } from './effects.ts'

/** Late has to be seen as such without any allowed lateness too: by seconds, not by the chance of a millisecond. */
const LEAST_MARGIN_MS = 5_000
/**
 * Of a simulated past the log's clock is years ahead, and a claim before that clock would only be a wrong time that
 * counts. So it goes beyond any clock, and stays before 2100, where times are refused as out of range.
 */
const FUTURE_MS = 50 * 365 * 86_400_000
/** The people with a skewed clock are drawn by their number from a sequence of its own: the same ones throughout. */
const SKEW_STREAM = 0x5ce3

/**
 * The event time that a client claims for something that happened at `timeMs`, epoch milliseconds: of a skewed clock,
 * of the poisoned client, late or future-dated. `latenessMs` is the allowed lateness, finite.
 */
export function createClaimedTime({
  random,
  latenessMs,
}: {
  random: Random
  latenessMs: number
}): (timeMs: number, person: number, effects: Effects) => number {
  const draw = createDraw(CLAIM_DISORDERS, random)
  const marginMs = Math.max(latenessMs, LEAST_MARGIN_MS)
  let poisoned: number | undefined

  return (timeMs, person, effects) => {
    // Whoever comes first, and nobody else until it ends: several wrong clocks together would be believed.
    if (effects.poisonMs === 0) poisoned = undefined
    else poisoned ??= person
    const wrong = draw(effects.disorder)
    // Beyond the watermark even where the partition's stream time is a fifth of the lateness behind.
    if (wrong === 'late') return timeMs - latenessMs - Math.floor((0.2 + 2.8 * random.unit()) * marginMs)
    if (wrong === 'future_dated') return timeMs + FUTURE_MS
    if (person === poisoned) return timeMs + effects.poisonMs
    if (effects.skewed > 0 && createRandom(person, SKEW_STREAM).unit() < effects.skewed) {
      return timeMs - Math.max(effects.skewMs, 3 * latenessMs)
    }
    return timeMs
  }
}
