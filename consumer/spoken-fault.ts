/** A fault that goes on is said again only so often. */
const SAY_AGAIN_MS = 60_000

/** A fault that may come again and again: since when it is there, and whether it is time to say it. */
export class SpokenFault {
  readonly #steadyNow: () => number
  #text: string | undefined
  #sinceMs = 0
  #saidAtMs = 0

  constructor(steadyNow: () => number) {
    this.#steadyNow = steadyNow
  }

  /** What it is; undefined while all is well. */
  get text(): string | undefined {
    return this.#text
  }

  /** For how long there has been one, whichever. Milliseconds. */
  get lastsMs(): number {
    return this.#text === undefined ? 0 : this.#steadyNow() - this.#sinceMs
  }

  /** True when it should be said: it is another one than before, or was not said for a while. */
  met(error: unknown): boolean {
    const nowMs = this.#steadyNow()
    const text = error instanceof Error ? error.message : String(error)
    if (this.#text === undefined) this.#sinceMs = nowMs
    if (this.#text === text && nowMs - this.#saidAtMs < SAY_AGAIN_MS) return false
    this.#text = text
    this.#saidAtMs = nowMs
    return true
  }

  over(): void {
    this.#text = undefined
  }
}
