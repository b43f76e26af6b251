import type { CoreOptions } from '../../consumer/core/options.ts'
import { parseToObjects, type Run, STAGES } from './stages.ts'
import { type Shape, Traffic } from './traffic.ts'

/**
 * Each user comes back after a quarter of an hour on average: sessions of about seven events, of which all users'
 * are open at a time, and one event in seven closes one. Ids are remembered for the ten minutes of lateness.
 */
const USERS = 100_000
const INTERVAL_MS = 9
/** A few milliseconds of work: an interruption spoils one round, not the median. */
const BLOCK = 2_000
/** Sessions begin to close after 40 minutes of traffic, ids to expire after 10. */
const WARMING_BLOCKS = 160
const ROUNDS = 200

export interface StageFigure {
  readonly stage: string
  /** With all the stages before it. Nanoseconds per event. */
  readonly cumulativeNs: number
  readonly ownNs: number
}

export interface SpeedFigures {
  readonly shape: Shape
  readonly recordBytes: number
  /** `JSON.parse` alone, nanoseconds per event. */
  readonly baselineNs: number
  readonly stages: readonly StageFigure[]
  readonly eventsPerSecond: number
  /** Whole path to `JSON.parse`, each round by itself: its median, and the middle half of the rounds. */
  readonly ratio: number
  readonly ratioLower: number
  readonly ratioUpper: number
}

/**
 * Times every stage and the baseline on the same block in turn, round by round: whatever else the machine does hits
 * all of them.
 */
export function measureSpeed(shape: Shape, options: CoreOptions): SpeedFigures {
  const traffic = new Traffic({ shape, users: USERS, intervalMs: INTERVAL_MS })
  const runs: readonly Run[] = [parseToObjects, ...STAGES.map(({ start }) => start(options))]
  for (let block = 0; block < WARMING_BLOCKS; block++) {
    const records = traffic.next(BLOCK)
    for (const run of runs) run(records)
  }
  const times: number[][] = runs.map(() => [])
  let bytes = 0
  for (let round = 0; round < ROUNDS; round++) {
    const block = traffic.next(BLOCK)
    bytes += block.bytes.length
    for (let turn = 0; turn < runs.length; turn++) {
      const at = (turn + round) % runs.length
      times[at]!.push(elapsedNs(() => runs[at]!(block)) / BLOCK)
    }
  }
  const [baseline, ...stages] = times as [number[], ...number[][]]
  const whole = stages.at(-1)!
  const ratios = whole.map((ns, round) => ns / baseline[round]!)
  const cumulative = stages.map((ns) => quantile(ns, 0.5))
  return {
    shape,
    recordBytes: bytes / (ROUNDS * BLOCK),
    baselineNs: quantile(baseline, 0.5),
    stages: STAGES.map(({ name }, at) => ({
      stage: name,
      cumulativeNs: cumulative[at]!,
      ownNs: cumulative[at]! - (cumulative[at - 1] ?? 0),
    })),
    eventsPerSecond: 1e9 / cumulative.at(-1)!,
    ratio: quantile(ratios, 0.5),
    ratioLower: quantile(ratios, 0.25),
    ratioUpper: quantile(ratios, 0.75),
  }
}

function elapsedNs(work: () => number): number {
  const start = process.hrtime.bigint()
  const result = work()
  const elapsed = process.hrtime.bigint() - start
  if (!Number.isFinite(result)) throw new RangeError('a stage returned no number')
  return Number(elapsed)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * share)]!
}
