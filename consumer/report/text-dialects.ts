import type { Dialect } from '../contract/dialects.ts'
import { type DecodeOptions, Decoder } from '../core/decode.ts'
import { ACCEPTED } from '../core/outcome.ts'

/**
 * Dialects for CSV files, where every value is text and numbers therefore too. `auto` reads only rees46 so by itself;
 * here a record that it recognises as another dialect is read by that dialect's text form.
 */
export class TextDialects {
  readonly #given: Dialect | 'auto'
  readonly #recognition: Decoder
  /** One entry per dialect at most: identity matters, because a reader is compiled for each. */
  readonly #textForms = new Map<Dialect, Dialect>()

  constructor({ dialect, maxRecordBytes }: DecodeOptions) {
    this.#given = dialect
    this.#recognition = new Decoder({ dialect, maxRecordBytes }, [])
  }

  /** The dialect for the record in bytes[start, end); `auto` itself where it recognises none. */
  of(bytes: Uint8Array, start: number, end: number): Dialect | 'auto' {
    if (this.#given !== 'auto') return this.#textForm(this.#given)
    const recognised = this.#recognition.decode(bytes, start, end) === ACCEPTED
    return recognised ? this.#textForm(this.#recognition.dialect) : 'auto'
  }

  #textForm(dialect: Dialect): Dialect {
    let form = this.#textForms.get(dialect)
    if (form === undefined) {
      form = { ...dialect, numbersAsStrings: true }
      this.#textForms.set(dialect, form)
    }
    return form
  }
}
