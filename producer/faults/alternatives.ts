import type { Random } from '../random.ts'
import type { Disorder, Disorders } from './effects.ts'

/** Wrong times that a client can claim. An event has one time, so one of them at most hits it. */
export const CLAIM_DISORDERS = ['late', 'future_dated'] as const satisfies readonly Disorder[]

/** What can happen to a record once it is made: again one of them at most. */
export const SENDING_DISORDERS = [
  'duplicate',
  'delayed_duplicate',
  'out_of_order',
  'bad_json',
  'wrong_type',
  'truncated',
] as const satisfies readonly Disorder[]

/** Kinds of which one draw chooses: the probabilities of each group add up to at most 1. */
export const ALTERNATIVES: readonly (readonly Disorder[])[] = [CLAIM_DISORDERS, SENDING_DISORDERS]

export const totalOf = (kinds: readonly Disorder[], disorder: Disorders): number =>
  kinds.reduce((total, kind) => total + disorder[kind], 0)

/**
 * Which of the kinds hits, if any. One number is drawn for all of them, in the order of `kinds`, and none at all while
 * every probability is 0: undisturbed traffic neither pays for it nor depends on it.
 */
export function createDraw<K extends Disorder>(
  kinds: readonly K[],
  random: Random,
): (disorder: Disorders) => K | undefined {
  const limits = new Float64Array(kinds.length)
  const last = kinds.length - 1
  let prepared: Disorders | undefined

  return (disorder) => {
    if (disorder !== prepared) {
      prepared = disorder
      let limit = 0
      for (const [at, kind] of kinds.entries()) {
        limit += disorder[kind]
        limits[at] = limit
      }
    }
    if (limits[last] === 0) return undefined
    const drawn = random.unit()
    let at = 0
    while (at <= last && drawn >= limits[at]!) at += 1
    return kinds[at]
  }
}
