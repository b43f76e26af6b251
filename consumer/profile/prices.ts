import { type DecodedEvent, unpackCurrency } from '../contract/validate.ts'
import { MoneyCells, noLabels } from '../core/cells.ts'
import { LabelTable, NONE } from '../core/label-table.ts'
import { Distribution, type DistributionSummary } from './distribution.ts'

const MOST_CURRENCIES = 32

export interface PricesSummary {
  /** Currency units, whatever the currency. */
  readonly distribution: DistributionSummary
  /** `__none__` is prices that name no currency, `__other__` those beyond 32 currencies. */
  readonly currencies: Readonly<Record<string, { readonly count: number; readonly sum: string }>>
}

/** Prices of events of any type. */
export class Prices {
  readonly #micros = new Distribution()
  readonly #currencies = new LabelTable('currency', [], MOST_CURRENCIES)
  readonly #sums = new MoneyCells({ name: 'prices', help: 'Sum of the prices.' }, noLabels, this.#currencies.capacity)
  readonly #counts = new Float64Array(this.#currencies.capacity)

  add({ priceMicros, currency }: DecodedEvent): void {
    const row = this.#currencies.admit(currency === 0 ? NONE : unpackCurrency(currency))
    this.#micros.add(priceMicros)
    this.#sums.add(row, priceMicros)
    this.#counts[row]!++
  }

  summary(): PricesSummary {
    const rows = this.#currencies.values.map((name, row) => ({ name, count: this.#counts[row]!, row }))
    return {
      distribution: this.#micros.summary(1e6),
      currencies: Object.fromEntries(
        rows
          .filter(({ count }) => count > 0)
          .sort((a, b) => b.count - a.count)
          .map(({ name, count, row }) => [name, { count, sum: this.#sums.text(row) }]),
      ),
    }
  }
}
