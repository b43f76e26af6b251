import { partitionOf } from '../../consumer/contract/partitioner.ts'
import type { OracleOptions } from '../../producer/oracle/partition-oracle.ts'
import { compare } from './comparison.ts'
import { judgeLog } from './expected.ts'
import { shownAtEnds, shownConsumed } from './exposed.ts'
import type { Progress } from './progress.ts'
import type { StreamBatch } from './stream.ts'
import type { Venue } from './venue.ts'
import type { Verdict } from './verdict.ts'

export interface VerifyingOptions {
  readonly venue: Venue
  readonly batches: Iterable<StreamBatch>
  /** Records of traffic in the batches. */
  readonly events: number
  readonly seed: number
  readonly oracle: OracleOptions
  /** Names of the state-derived metrics as they stand on the page, in its order; and of how many families they are. */
  readonly metrics: readonly string[]
  readonly families: number
  /** Called when about half is consumed. */
  readonly kill: (() => Promise<void>) | undefined
  /** Without any progress of the consumers for so long it is given up. Milliseconds. */
  readonly patienceMs: number
  readonly steadyNow: () => number
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** What is written before the kill is waited for: some of it is then still to be read. */
const WRITTEN_BEFORE_KILL = 0.75
const CONSUMED_BEFORE_KILL = 0.5

const grouped = (count: number): string => count.toLocaleString('en-US')

/** Writes the stream, waits until it is consumed, and compares what is shown with what the log says. */
export async function verifyStream(options: VerifyingOptions): Promise<Verdict> {
  const { venue, events, seed, oracle, metrics, families, patienceMs, steadyNow, progress, signal } = options
  const sent = new Array<number>(venue.partitions).fill(0)
  const watching = {
    venue,
    metrics: new Set(metrics),
    patienceMs,
    steadyNow,
    onConsumed: (records: number) => progress.show(`${grouped(records)} of ${grouped(sumOf(sent))} records consumed`),
    signal,
  }
  const remarks: string[] = []
  let edgeEvents = 0
  let { kill } = options
  for (const { records, isTraffic } of options.batches) {
    signal.throwIfAborted()
    if (kill !== undefined && (!isTraffic || sumOf(sent) >= events * WRITTEN_BEFORE_KILL)) {
      const consumed = await shownConsumed(
        watching,
        Math.floor((sumOf(sent) * CONSUMED_BEFORE_KILL) / WRITTEN_BEFORE_KILL),
      )
      await kill()
      kill = undefined
      remarks.push(`a consumer was killed when ${grouped(consumed)} records were consumed, and another one started`)
    }
    await venue.append(records)
    for (const { key } of records) sent[partitionOf(Buffer.from(key), venue.partitions)]! += 1
    if (!isTraffic) edgeEvents += records.length
    progress.show(`${grouped(sumOf(sent))} of ${grouped(events)} records written`)
  }
  const expected = await judgeLog(venue, oracle, (records) => {
    signal.throwIfAborted()
    progress.show(`${grouped(records)} of ${grouped(sumOf(sent))} records judged`)
  })
  const exposed = await shownAtEnds(watching, expected.ends)
  const findings = logFindings(sent, expected.records, venue.repeats)
  progress.clear()
  return {
    comparison: compare(expected.series, exposed, metrics),
    families,
    partitions: venue.partitions,
    seed,
    events,
    edgeEvents,
    faults: findings.faults,
    remarks: [...remarks, ...findings.remarks],
  }
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

/** Whether the log holds what was sent, by partition: what never arrived is missing from both sides of a comparison. */
export function logFindings(
  sent: readonly number[],
  logged: readonly number[],
  repeats: boolean,
): Pick<Verdict, 'faults' | 'remarks'> {
  const faults: string[] = []
  const remarks: string[] = []
  for (const [partition, count] of sent.entries()) {
    const there = logged[partition] ?? 0
    const said = `partition ${partition} holds ${grouped(there)} records, ${grouped(count)} were sent to it`
    if (there > count && repeats) remarks.push(`${said}: a request was repeated whose answer was lost`)
    else if (there !== count) faults.push(said)
  }
  return { faults, remarks }
}
