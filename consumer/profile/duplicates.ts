import { Hash64 } from '../contract/hash.ts'
import { HashCounts } from './hash-counts.ts'

export interface DuplicatesSummary {
  /** Records with the very bytes of an earlier one. */
  readonly exact_copies: number
  /** Different records that such copies are of. */
  readonly copied_records: number
  /** Events with the id of an earlier one. */
  readonly repeated_ids: number
  /** Ids that came with different contents. */
  readonly ids_with_other_content: number
  /** False beyond 2.5 million different records, when a sample of them stands for all. */
  readonly exact: boolean
}

/** Records that came more than once, wherever in the data. */
export class Duplicates {
  readonly #contents = new HashCounts()
  readonly #ids = new HashCounts()
  readonly #content = new Hash64()

  addContent(bytes: Uint8Array, start: number, end: number): void {
    this.#content.of(bytes, start, end)
    this.#contents.add(this.#content)
  }

  /** Of the record whose content was added last. */
  addId(id: Hash64): void {
    this.#ids.add(id, this.#content.lo)
  }

  summary(): DuplicatesSummary {
    return {
      exact_copies: this.#contents.repeats,
      copied_records: this.#contents.repeated,
      repeated_ids: this.#ids.repeats,
      ids_with_other_content: this.#ids.differing,
      exact: this.#contents.isExact && this.#ids.isExact,
    }
  }
}
