/** A fault that goes on is said again only so often. */
const SAY_AGAIN_MS = 60_000

const count = new Intl.NumberFormat('en-US')
const rate = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })

export interface ProgressOptions {
  /** Records produced so far. */
  readonly produced: () => number
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
  readonly onTrouble: (error: unknown) => void
  readonly onRecovered: (failedAttempts: number) => void
}

/** How producing goes, for people: what fails is said when it begins, and counted. */
export class Progress {
  readonly #options: ProgressOptions
  #failures = 0
  #failuresInARow = 0
  #said: { fault: string; atMs: number } | undefined
  #last: { produced: number; atMs: number }

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#last = { produced: 0, atMs: options.steadyNow() }
  }

  failed(error: unknown): void {
    const { steadyNow, onTrouble } = this.#options
    this.#failures += 1
    this.#failuresInARow += 1
    const fault = String(error)
    const atMs = steadyNow()
    if (this.#said?.fault === fault && atMs - this.#said.atMs < SAY_AGAIN_MS) return
    this.#said = { fault, atMs }
    onTrouble(error)
  }

  succeeded(): void {
    if (this.#failuresInARow === 0) return
    this.#options.onRecovered(this.#failuresInARow)
    this.#failuresInARow = 0
    this.#said = undefined
  }

  /** What fails since the last success; undefined while nothing does. */
  get trouble(): string | undefined {
    return this.#failuresInARow === 0 ? undefined : this.#said?.fault
  }

  /** One line; the rate is that since the line before. */
  line(): string {
    const now = { produced: this.#options.produced(), atMs: this.#options.steadyNow() }
    const perSecond = (1000 * (now.produced - this.#last.produced)) / Math.max(1, now.atMs - this.#last.atMs)
    this.#last = now
    const failed = this.#failures === 1 ? '1 failed attempt' : `${count.format(this.#failures)} failed attempts`
    return `${count.format(now.produced)} events, ${rate.format(perSecond)} a second, ${failed}`
  }
}
