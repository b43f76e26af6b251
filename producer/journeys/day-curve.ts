const HOUR_MS = 3_600_000
export const HOURS = 24

/**
 * How busy a moment is beside the average of the day: the factor of an hour holds at its full hour (UTC), and between
 * two hours it moves evenly from one to the next. The factors must have the mean 1; then so has the day.
 */
export function dayFactor(hourlyFactors: readonly number[], timeMs: number): number {
  const hours = timeMs / HOUR_MS
  const past = Math.floor(hours)
  const hour = ((past % HOURS) + HOURS) % HOURS
  const from = hourlyFactors[hour]!
  const to = hourlyFactors[(hour + 1) % HOURS]!
  return from + (to - from) * (hours - past)
}

/** The same curve with the mean 1. @throws {RangeError} when all factors are 0. */
export function normalised(hourlyFactors: readonly number[]): readonly number[] {
  const sum = hourlyFactors.reduce((total, factor) => total + factor, 0)
  if (!(sum > 0)) throw new RangeError('a day needs at least one hour with a factor above 0')
  return hourlyFactors.map((factor) => (factor * hourlyFactors.length) / sum)
}
