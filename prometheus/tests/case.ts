import type { Windows } from '../src/windows.ts'
import { type ExporterOptions, exporter } from './exporter.ts'
import { type Flow, ordinary } from './flow.ts'
import { history } from './history.ts'
import type { InputSeries } from './series.ts'

/** A course of things, and the alerts that fire at its end. */
export interface AlertCase {
  readonly alert: string
  /** Completes "the alert ...". */
  readonly says: string
  /** How long all is ordinary before it happens, seconds. */
  readonly before: (windows: Windows) => number
  /** How long it lasts, seconds. */
  readonly lasts: (windows: Windows) => number
  readonly series: (shop: Shop) => InputSeries[]
  /** As `name{label="value"}`; several rules of a name differ in their labels. */
  readonly firing: readonly string[]
}

/** A topic with two partitions, shown by one process unless a case says otherwise. */
export class Shop {
  readonly windows: Windows
  /** When it happens, and when it is judged: seconds from the beginning. */
  readonly from: number
  readonly until: number

  constructor(windows: Windows, from: number, until: number) {
    this.windows = windows
    this.from = from
    this.until = until
  }

  /** One process that shows all, with a flow that changes when it happens. */
  shows(
    changed: (flow: Flow) => Flow = (flow) => flow,
    options: Partial<ExporterOptions> & { usual?: (flow: Flow) => Flow; lostAt?: number } = {},
  ): InputSeries[] {
    const { usual = (flow: Flow) => flow, lostAt, ...rest } = options
    const every = this.windows.interval
    const flow = (seconds: number): Flow => {
      const now = usual(ordinary(seconds))
      return seconds >= this.from ? changed(now) : now
    }
    const scrapes = Math.floor(this.until / every) + 1
    const lost = lostAt === undefined ? {} : { lostAt }
    return exporter({ history: history({ partitions: 2, scrapes, every, flow, ...lost }), every, ...rest })
  }

  /** One value before it happens, another from then on. */
  turns<Value>(before: Value, after: Value): (seconds: number) => Value {
    return (seconds) => (seconds >= this.from ? after : before)
  }

  /** Has one value up to when it happens, and rises from there by one a second. */
  risesFrom(value: number): (seconds: number) => number {
    return (seconds) => value + Math.max(0, seconds - this.from)
  }
}
