import type { Random } from '../random.ts'

/**
 * A waiting time with mean 1, exactly exponential, by von Neumann's comparison of uniform numbers (1951). It needs no
 * logarithm, which engines may round differently. Of each whole unit the number of descents decides: a first number x
 * is taken with probability e^-x.
 */
export function exponential(random: Random): number {
  for (let whole = 0; ; whole++) {
    const first = random.unit()
    let lowest = first
    let descends = true
    let taken = false
    while (descends) {
      taken = !taken
      const next = random.unit()
      descends = next < lowest
      lowest = next
    }
    if (taken) return whole + first
  }
}
