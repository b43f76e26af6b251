import type { CollectedRecord } from './collected-record.ts'
import type { RefusedRequest } from './refused-request.ts'

/** What a request has for the log. */
export class WaitingRequest {
  readonly records: readonly CollectedRecord[]
  readonly bytes: number
  readonly #written = Promise.withResolvers<void>()
  readonly #onSettled: () => void
  #isSettled = false

  /** @param onSettled called once, when the records are no longer held */
  constructor(records: readonly CollectedRecord[], onSettled: () => void) {
    this.records = records
    this.bytes = records.reduce((sum, { value }) => sum + value.length, 0)
    this.#onSettled = onSettled
  }

  /** Resolves when the log has the records. @throws {RefusedRequest} */
  get written(): Promise<void> {
    return this.#written.promise
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** @param refusal undefined when the log has them */
  settle(refusal: RefusedRequest | undefined): void {
    this.#isSettled = true
    if (refusal === undefined) this.#written.resolve()
    else this.#written.reject(refusal)
    this.#onSettled()
  }
}
