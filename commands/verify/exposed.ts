import { setTimeout as sleep } from 'node:timers/promises'
import { type PartitionSeries, POSITION, type SeriesValues, shownPartitions } from './state-series.ts'
import type { Venue } from './venue.ts'

const ASK_EVERY_MS = 250

export interface Watching {
  readonly venue: Pick<Venue, 'pages'>
  /** Metrics that are read from the pages. */
  readonly metrics: ReadonlySet<string>
  /** Without any progress for so long it is given up. Milliseconds. */
  readonly patienceMs: number
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
  readonly onConsumed: (records: number) => void
  readonly signal: AbortSignal
}

/** Every partition as it was shown at the end of its log. @throws naming the partitions that do not get there */
export async function shownAtEnds(watching: Watching, ends: readonly number[]): Promise<PartitionSeries> {
  const latest = await watch(watching, (shown) => ends.every((end, partition) => positionIn(shown, partition) === end))
  if (latest.reached) return latest.shown
  const stuck = ends.flatMap((end, partition) => {
    const position = positionIn(latest.shown, partition)
    if (position === end) return []
    return `partition ${partition} ${position === undefined ? 'is not shown' : `stands at ${position}`} of ${end}`
  })
  throw gaveUp(watching, stuck.join(', '))
}

/** Waits until so many records are shown as consumed, over all partitions; resolves with how many are. */
export async function shownConsumed(watching: Watching, records: number): Promise<number> {
  const { reached, shown } = await watch(watching, (latest) => consumedIn(latest) >= records)
  const consumed = consumedIn(shown)
  if (!reached) throw gaveUp(watching, `${consumed} records are consumed, ${records} were to be`)
  return consumed
}

/** What was last shown of each partition, once it is as wanted or there was no progress for too long. */
async function watch(
  { venue, metrics, patienceMs, steadyNow, onConsumed, signal }: Watching,
  isReached: (shown: PartitionSeries) => boolean,
): Promise<{ reached: boolean; shown: PartitionSeries }> {
  const shown = new Map<number, SeriesValues>()
  let furthest = -1
  let movedAtMs = steadyNow()
  for (;;) {
    for (const page of await venue.pages()) {
      for (const [partition, series] of shownPartitions(page, metrics)) {
        // While a partition changes hands, whoever had it may still show what stood before.
        if ((series.get(POSITION) ?? 0) >= (positionIn(shown, partition) ?? 0)) shown.set(partition, series)
      }
    }
    const consumed = consumedIn(shown)
    onConsumed(consumed)
    if (isReached(shown)) return { reached: true, shown }
    if (consumed > furthest) {
      furthest = consumed
      movedAtMs = steadyNow()
    } else if (steadyNow() - movedAtMs > patienceMs) return { reached: false, shown }
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
}

const positionIn = (shown: PartitionSeries, partition: number): number | undefined =>
  shown.get(partition)?.get(POSITION)

const consumedIn = (shown: PartitionSeries): number =>
  [...shown.values()].reduce((sum, series) => sum + (series.get(POSITION) ?? 0), 0)

const gaveUp = ({ patienceMs }: Watching, what: string): Error =>
  new Error(`no progress for ${patienceMs / 1000} s: ${what}`)
