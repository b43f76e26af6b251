import type { COUNTERS, GAUGES, HISTOGRAMS } from '../../prometheus/src/families.ts'

/**
 * PromQL over the recorded series of partitions, which are the same whichever process shows a partition: a sum over
 * them neither doubles nor loses one that moves. The rate comes first, then the sum.
 */
export type RecordedCounter = keyof typeof COUNTERS | `${(typeof HISTOGRAMS)[number]}_${'bucket' | 'sum' | 'count'}`

export type RecordedGauge = (typeof GAUGES)[number]

/** What the variables of the dashboard choose. Two groups count the same log twice, so there is always one. */
export const CHOSEN = 'job="$job",group="$group",topic=~"$topic"'

/** The processes that take in events over HTTP, whatever job they are scraped under. */
export const OF_COLLECTORS = 'instance=~"$collector"'

export interface Selection {
  /** Labels to keep. */
  readonly by?: string
  /** Further matchers, such as `page=~"$page"`. */
  readonly where?: string
}

/** A recorded counter's series of the chosen topics. */
export const recorded = (name: RecordedCounter | RecordedGauge, where = ''): string =>
  `partition:clickstream_${name}:max{${matchers(where)}}`

/** A series as it is scraped, of the chosen topics. */
export const scraped = (name: string, where = ''): string => `clickstream_${name}{${matchers(where)}}`

const matchers = (where: string): string => (where === '' ? CHOSEN : `${CHOSEN},${where}`)

const sum = (by: string): string => (by === '' ? 'sum' : `sum by (${by})`)

/** Per second, over the window that the variable chooses. */
export const rate = (name: RecordedCounter, { by = '', where = '' }: Selection = {}): string =>
  `${sum(by)} (rate(${recorded(name, where)}[$window]))`

/** How much a counter rose in the period shown, or with `before` in one as long that ended when it began. */
export const rise = (name: RecordedCounter, { by = '', where = '' }: Selection = {}, before = false): string =>
  `${sum(by)} (increase(${recorded(name, where)}[$__range]${before ? ' offset $__range' : ''}))`

/** A process's own counter, over all processes: nothing of it is shown twice. */
export const processRise = (name: string, by: string): string => `${sum(by)} (increase(${scraped(name)}[$__range]))`

/** The quotient where there is something to divide by. */
export const ratio = (part: string, whole: string, matching = ''): string => `${part} / ${matching}(${whole} > 0)`

export const quantile = (share: number, buckets: string): string => `histogram_quantile(${share}, ${buckets})`

/**
 * Alerts of this exporter, and of collectors under its job's name with -collector after it, as prometheus.yml has it.
 * Those on a process that is away know neither its group nor its topic.
 */
export const alerts = (state: 'firing' | 'pending'): string =>
  `ALERTS{alertstate="${state}",kind=~"behaviour|data|pipeline",job=~"$job(-collector)?|",group=~"$group|",topic=~"$topic|"}`

/** What has series in trouble alone is 0 without them: an empty panel would not tell good from broken. */
export const orNothing = (label: string, expression: string, word = 'none'): string =>
  `${expression} or on () label_replace(vector(0), "${label}", "${word}", "", "")`
