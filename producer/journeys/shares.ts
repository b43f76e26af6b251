import type { Random } from '../random.ts'

/** Percentages by name, in the order in which they are written. */
export type Percentages<Name extends string = string> = readonly (readonly [name: Name, percent: number])[]

/** Percentages are exact to two places. */
export const HUNDREDTHS = 10_000

export const hundredthsOf = (percent: number): number => Math.round(percent * 100)

/** Chooses among values that have a share each. */
export interface Shares<T> {
  draw(random: Random): T
  /** The choice for a whole number from 0 to {@link HUNDREDTHS} - 1. */
  at(hundredths: number): T
}

/**
 * @param rest chosen where the percentages leave something over
 * @throws {RangeError} when they do not add up to 100 and there is no `rest`, or to more than 100.
 */
export function createShares<T>(
  shares: readonly (readonly [value: T, percent: number])[],
  rest?: { value: T },
): Shares<T> {
  const values: T[] = []
  const bounds: number[] = []
  let sum = 0
  for (const [value, percent] of shares) {
    sum += hundredthsOf(percent)
    values.push(value)
    bounds.push(sum)
  }
  if (rest !== undefined) values.push(rest.value)
  if (sum > HUNDREDTHS || (sum < HUNDREDTHS && rest === undefined)) {
    throw new RangeError(`percentages must add up to 100, not ${sum / 100}`)
  }
  function at(hundredths: number): T {
    let index = 0
    while (hundredths >= bounds[index]!) index += 1
    return values[index]!
  }
  return { at, draw: (random) => at(random.below(HUNDREDTHS)) }
}
