import type { LabelTable } from './label-table.ts'

/**
 * The numbers behind the metrics: what the core adds to, and what is exposed, saved and compared under the same names.
 * A cell's name, help and labels stand here beside the code that updates it; exposing them is somebody else's work.
 */
interface Described {
  /** Metric name without the prefix. */
  readonly name: string
  readonly help: string
}

/** Label values of the cells, in their order; a table's values grow as it admits them. */
export interface Labels {
  readonly names: readonly string[]
  readonly rows: () => readonly (readonly string[])[]
}

export const noLabels: Labels = { names: [], rows: () => [[]] }

export const labelled = (name: string, values: readonly string[]): Labels => {
  const rows = values.map((value) => [value])
  return { names: [name], rows: () => rows }
}

export const labelledBy = (table: LabelTable): Labels => {
  const rows: string[][] = []
  return {
    names: [table.label],
    rows: () => {
      for (let id = rows.length; id < table.values.length; id++) rows.push([table.values[id]!])
      return rows
    },
  }
}

/** One counter per label row. Whole numbers below 2^53, shown divided by `perUnit`. */
export class CounterCells {
  readonly name: string
  readonly help: string
  readonly labels: Labels
  readonly perUnit: number
  readonly values: Float64Array

  constructor({ name, help }: Described, labels: Labels, size: number, perUnit = 1) {
    this.name = name
    this.help = help
    this.labels = labels
    this.perUnit = perUnit
    this.values = new Float64Array(size)
  }
}

const MICROS = 1_000_000

/** Sums of money per label row, exact to the millionth far beyond what one double of millionths could hold. */
export class MoneyCells {
  readonly name: string
  readonly help: string
  readonly labels: Labels
  readonly units: Float64Array
  readonly micros: Float64Array

  constructor({ name, help }: Described, labels: Labels, size: number) {
    this.name = name
    this.help = help
    this.labels = labels
    this.units = new Float64Array(size)
    this.micros = new Float64Array(size)
  }

  add(row: number, micros: number): void {
    const sum = this.micros[row]! + (micros % MICROS)
    const carry = sum >= MICROS ? 1 : 0
    this.micros[row] = sum - carry * MICROS
    this.units[row] = this.units[row]! + Math.floor(micros / MICROS) + carry
  }

  /** The nearest double, in currency units. */
  value(row: number): number {
    // Units plus a fraction of one would be rounded twice: 1 + 0.14 is no longer 1.14.
    return Number(this.text(row))
  }

  /** Exact, at least two decimals: `59442.63`. */
  text(row: number): string {
    const decimals = String(this.micros[row]!)
      .padStart(6, '0')
      .replace(/0{1,4}$/, '')
    return `${this.units[row]!}.${decimals}`
  }
}

/** A histogram of whole numbers, shown divided by `perUnit`. */
export class HistogramCells {
  readonly name: string
  readonly help: string
  /** Upper bounds, inclusive, in the shown unit; +Inf is implied. */
  readonly bounds: readonly number[]
  readonly perUnit: number
  /** Observations per bucket, not cumulative; the last is the one beyond every bound. */
  readonly counts: Float64Array
  /** One number, the sum of the observations. */
  readonly sum = new Float64Array(1)
  readonly #limits: readonly number[]

  constructor({ name, help }: Described, bounds: readonly number[], perUnit = 1) {
    this.name = name
    this.help = help
    this.bounds = bounds
    this.perUnit = perUnit
    this.counts = new Float64Array(bounds.length + 1)
    this.#limits = bounds.map((bound) => bound * perUnit)
  }

  observe(value: number, times = 1): void {
    let bucket = 0
    while (bucket < this.#limits.length && value > this.#limits[bucket]!) bucket++
    this.counts[bucket]! += times
    this.sum[0]! += value * times
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }
}

export type Cells = CounterCells | MoneyCells | HistogramCells
