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
const ROUNDS = 150

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
 * Times each stage and the baseline on the same block in turn, round by round: whatever else the machine does hits
 * both. One stage at a time, because the states of all would compete for the cache that one alone has to itself.
 */
export function measureSpeed(shape: Shape, options: CoreOptions): SpeedFigures {
  const timings = STAGES.map(({ start }) => timeBesideBaseline(shape, start(options)))
  const whole = timings.at(-1)!
  const ratios = whole.stageNs.map((ns, round) => ns / whole.baselineNs[round]!)
  const cumulative = timings.map(({ stageNs }) => quantile(stageNs, 0.5))
  return {
    shape,
    recordBytes: whole.recordBytes,
    baselineNs: quantile(whole.baselineNs, 0.5),
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

interface Timing {
  /** Nanoseconds per event, round by round. */
  readonly baselineNs: readonly number[]
  readonly stageNs: readonly number[]
  readonly recordBytes: number
}

function timeBesideBaseline(shape: Shape, run: Run): Timing {
  const traffic = new Traffic({ shape, users: USERS, intervalMs: INTERVAL_MS })
  for (let block = 0; block < WARMING_BLOCKS; block++) {
    const records = traffic.next(BLOCK)
    parseToObjects(records)
    run(records)
  }
  const baselineNs: number[] = []
  const stageNs: number[] = []
  let bytes = 0
  for (let round = 0; round < ROUNDS; round++) {
    const block = traffic.next(BLOCK)
    bytes += block.bytes.length
    const baselineFirst = round % 2 === 0
    if (baselineFirst) baselineNs.push(elapsedNs(() => parseToObjects(block)) / BLOCK)
    stageNs.push(elapsedNs(() => run(block)) / BLOCK)
    if (!baselineFirst) baselineNs.push(elapsedNs(() => parseToObjects(block)) / BLOCK)
  }
  return { baselineNs, stageNs, recordBytes: bytes / (ROUNDS * BLOCK) }
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
