import { grouped, share } from '../report/section.ts'
import type { DistributionSummary } from './distribution.ts'
import { grid } from './grid.ts'
import type { TopTexts } from './ranked-texts.ts'

/** Up to three places, and a share of 0.01 % is not 0.0 %. */
export function percent(part: number): string {
  if (part > 0 && part < 0.001) return `${(part * 100).toPrecision(2)} %`
  // Rounded up it would look complete.
  return part < 1 && part > 0.9995 ? '> 99.9 %' : share(part, 1)
}

/** Figures that stand for more than was kept are marked. */
export const about = (amount: number, isExact: boolean): string => `${isExact ? '' : '~'}${grouped(amount)}`

/** 90061 is 1d 1h 1m 1s; below a minute with up to three decimals. */
export function spanText(seconds: number): string {
  if (seconds < 60) return `${grouped(seconds)} s`
  const whole = Math.round(seconds)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ]
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ')
}

/** One row per distribution that has values. */
export function distributions(rows: readonly (readonly [name: string, values: DistributionSummary])[]): string {
  return grid(
    'DISTRIBUTIONS',
    ['', 'count', 'min', 'mean', 'p50', 'p90', 'p99', 'max', 'zeros'],
    rows
      .filter(([, { count }]) => count > 0)
      .map(([name, { count, zeros, min, mean, p50, p90, p99, max, exact }]) => [
        name,
        grouped(count),
        grouped(min),
        grouped(mean),
        ...[p50, p90, p99].map((quantile) => about(quantile, exact)),
        grouped(max),
        grouped(zeros),
      ]),
  )
}

/** The most frequent texts, with their share of `all`, and the sums of prices where there are any. */
export function topTable(
  title: string,
  what: string,
  { top, distinct, exact, missing }: TopTexts,
  all: number,
): string {
  const hasSums = top.some(({ price_sum }) => price_sum !== undefined)
  const of = exact
    ? `${grouped(distinct)} different`
    : `more than ${grouped(distinct)} different; counts are at most ${grouped(missing)} too low`
  return grid(
    `${title} (${of})`,
    ['', what, 'share', ...(hasSums ? ['sum of prices'] : [])],
    top.map(({ text, count, price_sum }) => [
      text,
      grouped(count),
      percent(count / all),
      ...(hasSums
        ? [
            price_sum === undefined
              ? ''
              : price_sum.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
          ]
        : []),
    ]),
  )
}
