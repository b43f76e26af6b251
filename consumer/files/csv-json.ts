/**
 * Writes rows of cells as JSON objects with all values as strings, but for numbers in the columns that are said to hold
 * numbers. An empty cell is a missing value and left out.
 * As text, not by way of an object: a column named `__proto__` is then a column like any other, and it is as fast.
 */
export class RowWriter {
  readonly #firstKeys: readonly string[]
  readonly #nextKeys: readonly string[]
  readonly #isNumeric: readonly boolean[]

  constructor(columns: readonly string[], numeric: ReadonlySet<string> = new Set()) {
    this.#isNumeric = columns.map((name) => numeric.has(name))
    this.#firstKeys = columns.map((name) => `{${JSON.stringify(name)}:`)
    this.#nextKeys = columns.map((name) => `,${JSON.stringify(name)}:`)
  }

  /** One line of text. */
  write(cells: readonly string[]): string {
    let text = ''
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column]!
      if (cell === '') continue
      text += (text === '' ? this.#firstKeys : this.#nextKeys)[column]!
      text += this.#isNumeric[column] && JSON_NUMBER.test(cell) ? cell : quoted(cell)
    }
    return text === '' ? '{}' : `${text}}`
  }
}

/** Anything else in a column of numbers stays a string: whoever reads it says what is wrong with it. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Printable ASCII but `"` and `\` stands for itself. */
const NEEDS_ESCAPING = /[^ !#-[\]-~]/

const quoted = (cell: string): string => (NEEDS_ESCAPING.test(cell) ? JSON.stringify(cell) : `"${cell}"`)
