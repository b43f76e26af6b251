import { nameOf, type SeriesName, seriesOf } from './families.ts'

/** A series and what is added to it, in the whole units that {@link PER_UNIT} tells. */
export type Increment = readonly [series: string, amount: bigint]

/** Sums are kept in whole numbers; of these series so many make the one unit shown. */
const PER_UNIT: ReadonlyMap<string, number> = new Map(
  (
    [
      ['page_engagement_seconds_total', 1_000],
      ['session_duration_seconds_sum', 1_000],
      ['checkout_to_purchase_seconds_sum', 1_000],
      ['revenue_total', 1_000_000],
    ] as const
  ).map(([name, perUnit]) => [seriesOf(name), perUnit]),
)
const REVENUE = seriesOf('revenue_total')

export const increment = (
  name: SeriesName,
  labels: Readonly<Record<string, string>> = {},
  amount: bigint | number = 1n,
): Increment => [seriesOf(name, labels), BigInt(amount)]

/** Exact sums by series. */
export class Sums {
  readonly #bySeries = new Map<string, bigint>()

  add(increments: Iterable<Increment>): void {
    for (const [series, amount] of increments) this.#bySeries.set(series, (this.#bySeries.get(series) ?? 0n) + amount)
  }

  [Symbol.iterator](): Iterator<Increment> {
    return this.#bySeries.entries()
  }

  /** Every series as the page shows it, but those that are 0. */
  shown(): Map<string, number> {
    const values = new Map<string, number>()
    for (const [series, sum] of this.#bySeries) if (sum !== 0n) values.set(series, shownValue(series, sum))
    return values
  }
}

/** The double nearest to the exact sum. Money may have more digits than a double holds, so it is read from decimal text. */
function shownValue(series: string, sum: bigint): number {
  const name = nameOf(series)
  const perUnit = PER_UNIT.get(name) ?? 1
  if (name !== REVENUE) return Number(sum) / perUnit
  const [units, rest] = [sum / BigInt(perUnit), sum % BigInt(perUnit)]
  return Number(`${units}.${String(rest).padStart(6, '0')}`)
}
