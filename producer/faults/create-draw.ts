import type { Disorder, Disorders } from '../../consumer/settings/disorders.ts'
import type { Random } from '../random.ts'

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
