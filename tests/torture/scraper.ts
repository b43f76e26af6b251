import type { ConsumerProcess } from './consumer-process.ts'
import { type PartitionPage, POSITION, parsePage } from './page.ts'

/** One partition as one page showed it. Times are milliseconds since the run began. */
export interface Showing extends PartitionPage {
  readonly process: string
  readonly requestedMs: number
  readonly answeredMs: number
}

/** As Prometheus does: nobody waits for ever for a process that hangs. */
const TIMEOUT_MS = 10_000
const EVERY_MS = 250

/** Scrapes every process it is given, four times a second, until that process ends; and keeps everything it sees. */
export class Scraper {
  readonly showings: Showing[] = []
  /** Processes that said that a partition's past was lost. */
  readonly resets = new Set<string>()
  readonly #nowMs: () => number
  readonly #underWay = new Set<Promise<void>>()
  /** What each process showed last, by partition: most pages repeat it, and are kept once. */
  readonly #last = new Map<string, PartitionPage>()
  #answered = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Pages received. */
  get scrapes(): number {
    return this.#answered
  }

  async watch(process: ConsumerProcess): Promise<void> {
    const url = await process.url
    if (url === undefined) return
    const timer = setInterval(() => {
      const scrape = this.#scrape(process.name, `${url}/metrics`).finally(() => this.#underWay.delete(scrape))
      this.#underWay.add(scrape)
    }, EVERY_MS)
    await process.ended
    clearInterval(timer)
  }

  /** Resolves when no answer is outstanding. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  /** Whether the position has been shown. */
  reached(partition: number, position: number): boolean {
    return this.showings.some((showing) => showing.partition === partition && showing.values.get(POSITION) === position)
  }

  async #scrape(process: string, url: string): Promise<void> {
    const requestedMs = this.#nowMs()
    let text: string
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
      text = await answer.text()
    } catch {
      // It is being killed, or it hangs.
      return
    }
    const answeredMs = this.#nowMs()
    const { partitions, lineageResets } = parsePage(text)
    this.#answered++
    if (lineageResets > 0) this.resets.add(process)
    for (const page of partitions) {
      const { partition, values } = this.#kept(process, page)
      this.showings.push({ process, partition, values, requestedMs, answeredMs })
    }
  }

  #kept(process: string, page: PartitionPage): PartitionPage {
    const key = `${process} ${page.partition}`
    const last = this.#last.get(key)
    if (last !== undefined && isSame(last.values, page.values)) return last
    this.#last.set(key, page)
    return page
  }
}

function isSame(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([series, value]) => Object.is(other.get(series), value))
}
