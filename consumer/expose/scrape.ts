import { within } from '../within.ts'
import { type FamilyDescription, Gauge, PREFIX, type Registry, registerFamily, render } from './registry.ts'
import type { PartitionCapture } from './state-families.ts'

/** What may be exposed: the numbers of every owned, restored partition, and when they were committed. */
export interface CommittedCapture {
  readonly partitions: readonly PartitionCapture[]
  /** When the commit was sent, in the time of {@link ScrapeOptions.steadyNow}. */
  readonly sentAtMs: number
  /** Number of the assignment it was committed under; later ones have higher numbers. */
  readonly assignment: number
}

interface Shown extends Omit<CommittedCapture, 'partitions'> {
  readonly capture: PartitionCapture
}

export interface ScrapeOptions {
  readonly registry: Registry
  readonly families: readonly FamilyDescription[]
  /** Copies and commits; rejects when the commit failed, which it has said by then. */
  readonly capture: () => Promise<CommittedCapture>
  /** How long a committed capture may be shown when newer ones cannot be committed, milliseconds. */
  readonly staleAfterMs: number
  /**
   * Number of the assignment since which a partition is this process's without a break; undefined when it is another's.
   * What was committed before is not shown any more: who had it in between may have shown more.
   */
  readonly heldSince: (partition: number) => number | undefined
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
  /** More series than this are worth a warning, once. */
  readonly onManySeries: (series: number) => void
}

/** One capture a second at most: whoever scrapes more often gets the same one. */
const CAPTURE_INTERVAL_MS = 1_000
const LONGEST_COMMIT_MS = 1_000
const MANY_SERIES = 10_000

/**
 * Answers scrapes: capture, commit, answer. What is shown was committed before, so that no crash and no other owner
 * can ever show less. When the commit fails or takes too long, or a partition is being restored, its last committed
 * capture is shown until it is stale; then the partition is absent.
 */
export class Scrape {
  readonly #options: ScrapeOptions
  /** By partition. Another capture replaces it; at the latest, it goes when it is stale. */
  readonly #shown = new Map<number, Shown>()
  #onPage: readonly PartitionCapture[] = []
  #committedAtMs = Number.NEGATIVE_INFINITY
  #capturing: Promise<void> | undefined
  #capturedAtMs = Number.NEGATIVE_INFINITY
  #warned = false

  constructor(options: ScrapeOptions) {
    this.#options = options
    const { registry, families, steadyNow } = options
    for (const family of families) {
      registerFamily(registry, family, () => this.#onPage.flatMap(({ samples }) => samples.get(family.name) ?? []))
    }
    const age = () => (steadyNow() - this.#committedAtMs) / 1000
    new Gauge({
      name: `${PREFIX}capture_age_seconds`,
      help: 'Age of the committed numbers shown. Beyond a few seconds commits are failing.',
      registers: [registry],
      collect() {
        const seconds = age()
        if (Number.isFinite(seconds)) this.set(seconds)
        else this.remove()
      },
    })
  }

  /** What may be shown now. */
  get shown(): readonly PartitionCapture[] {
    const { heldSince, steadyNow, staleAfterMs } = this.#options
    const oldestMs = steadyNow() - staleAfterMs
    for (const [partition, { sentAtMs, assignment }] of this.#shown) {
      const since = heldSince(partition)
      if (sentAtMs < oldestMs || since === undefined || assignment < since) this.#shown.delete(partition)
    }
    return [...this.#shown.values()].map(({ capture }) => capture).sort((a, b) => a.partition - b.partition)
  }

  /**
   * What the page that is being rendered shows, chosen once for all of its families: each is read at a moment of its
   * own, and a process that was frozen between two would show the one and find the other stale.
   */
  get onPage(): readonly PartitionCapture[] {
    return this.#onPage
  }

  /**
   * The page of metrics.
   * @param scrapeTimeoutMs how long the scraper waits, if it said so; half of it is left for the commit
   */
  async text(scrapeTimeoutMs = Number.POSITIVE_INFINITY): Promise<string> {
    await this.refresh(Math.min(LONGEST_COMMIT_MS, scrapeTimeoutMs / 2))
    this.#onPage = this.shown
    this.#warnOfManySeries()
    // All families are read before this first waits, so another page cannot come between.
    return render(this.#options.registry)
  }

  /** Sees to it that what is shown is at most a second old, or as new as can be had in time. */
  async refresh(deadlineMs = LONGEST_COMMIT_MS): Promise<void> {
    const nowMs = this.#options.steadyNow()
    const recent = nowMs - this.#capturedAtMs < CAPTURE_INTERVAL_MS
    if (this.#capturing === undefined && !recent) {
      this.#capturedAtMs = nowMs
      this.#capturing = this.#capture().finally(() => {
        this.#capturing = undefined
      })
    }
    // What is not there in time is there for the next.
    if (this.#capturing !== undefined) await within(deadlineMs, this.#capturing).catch(() => undefined)
  }

  async #capture(): Promise<void> {
    try {
      const { partitions, sentAtMs, assignment } = await this.#options.capture()
      for (const capture of partitions) this.#shown.set(capture.partition, { capture, sentAtMs, assignment })
      this.#committedAtMs = sentAtMs
    } catch {
      // What was committed before is shown.
    }
  }

  #warnOfManySeries(): void {
    if (this.#warned) return
    let series = 0
    for (const { samples } of this.#onPage) for (const family of samples.values()) series += family.length
    if (series <= MANY_SERIES) return
    this.#warned = true
    this.#options.onManySeries(series)
  }
}
