/**
 * Writes rows of cells as JSON objects with all values as strings. An empty cell is a missing value and left out.
 * As text, not by way of an object: a column named `__proto__` is then a column like any other, and it is as fast.
 */
export class RowWriter {
  readonly #firstKeys: readonly string[]
  readonly #nextKeys: readonly string[]

  constructor(columns: readonly string[]) {
    this.#firstKeys = columns.map((name) => `{${JSON.stringify(name)}:`)
    this.#nextKeys = columns.map((name) => `,${JSON.stringify(name)}:`)
  }

  /** One line of text. */
  write(cells: readonly string[]): string {
    let text = ''
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column]!
      if (cell === '') continue
      text += (text === '' ? this.#firstKeys : this.#nextKeys)[column]! + quoted(cell)
    }
    return text === '' ? '{}' : `${text}}`
  }
}

/** Printable ASCII but `"` and `\` stands for itself. */
const NEEDS_ESCAPING = /[^ !#-[\]-~]/

const quoted = (cell: string): string => (NEEDS_ESCAPING.test(cell) ? JSON.stringify(cell) : `"${cell}"`)
