import type { ConsumerProcess } from './consumer-process.ts'
import { type PartitionPage, POSITION, parsePage } from './page.ts'
import type { ScrapedPage } from './showings.ts'

/** As Prometheus does: nobody waits for ever for a process that hangs. */
const TIMEOUT_MS = 10_000
const EVERY_MS = 250

/** Scrapes every process it is given, four times a second, until that process ends; and keeps everything it sees. */
export class Scraper {
  readonly pages: ScrapedPage[] = []
  /** Processes that said that a partition's past was lost. */
  readonly resets = new Set<string>()
  readonly #nowMs: () => number
  readonly #underWay = new Set<Promise<void>>()
  /** What each process showed last, by partition: most pages repeat it, and are kept once. */
  readonly #last = new Map<string, PartitionPage>()

  /** @param nowMs milliseconds since the run began */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
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

  /** Whether somebody has shown the partition at that position. */
  reached(partition: number, position: number): boolean {
    const isThere = (page: PartitionPage): boolean =>
      page.partition === partition && page.values.get(POSITION) === position
    return this.pages.some(({ partitions }) => partitions.some(isThere))
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
    if (lineageResets > 0) this.resets.add(process)
    const kept = partitions.map((page) => this.#kept(process, page))
    this.pages.push({ process, requestedMs, answeredMs, partitions: kept })
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
