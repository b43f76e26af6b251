/** How long a read waits for records before it comes back empty: an idle consumer wakes four times a second. */
const PATIENCE_MS = 250

interface Waiting {
  partition: number
  wake: () => void
}

/** Readers at the end of the log, waiting for its next record. Each entry removes itself when its wait ends. */
export class Arrivals {
  readonly #waiting = new Set<Waiting>()

  /** Resolves on the next {@link announce} of the partition, when `signal` aborts, or after 250 ms. */
  next(partition: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(waiting)
        resolve()
      }
      const waiting: Waiting = { partition, wake }
      const timer = setTimeout(wake, PATIENCE_MS)
      signal.addEventListener('abort', wake)
      this.#waiting.add(waiting)
    })
  }

  announce(partition: number): void {
    for (const waiting of this.#waiting) if (waiting.partition === partition) waiting.wake()
  }

  /** Wakes every reader: nothing will arrive any more. */
  end(): void {
    for (const waiting of this.#waiting) waiting.wake()
  }
}
