import type { CoreOptions } from '../../consumer/core/options.ts'
import { parseToObjects, STAGES, type Stage } from './stages.ts'
import { type Audience, type Shape, Traffic } from './traffic.ts'

/**
 * Ten thousand visitors on the site, each with an event every 40 s until they leave: together with the visits that
 * ended within the session gap and the lateness, about 100,000 sessions are open. Ids are remembered for the ten
 * minutes of lateness: 150,000 of them.
 */
const VISITS: Audience = { users: 1_000_000, visitors: 10_000, intervalMs: 4 }

/** As many sessions open, and every event belongs to any of them: none is still in the cache from its last event. */
const SCATTERED: Audience = { users: 100_000, intervalMs: 9 }

/** Some ten milliseconds of work: an interruption spoils one round, and a cold cache little of each. */
const BLOCK = 10_000
/** Sessions close after 45 minutes of traffic, ids expire after 10: from there on there are always as many. */
const WARMING_MS = 47 * 60_000
const FIRST_BLOCKS = 4
const ROUNDS = 60

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
  /** The ratio when events come from users without any order: the most that memory can make of it. */
  readonly ratioScattered: number
}

/**
 * Times each stage and the baseline on the same block in turn, round by round: whatever else the machine does hits
 * both. One stage at a time, because the states of all would compete for the cache that one alone has to itself.
 */
export function measureSpeed(shape: Shape, options: CoreOptions): SpeedFigures {
  const timings = STAGES.map((stage) => timeBesideBaseline(shape, VISITS, stage, options))
  const whole = timings.at(-1)!
  const ratios = ratiosOf(whole)
  const scattered = ratiosOf(timeBesideBaseline(shape, SCATTERED, STAGES.at(-1)!, options))
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
    ratioScattered: quantile(scattered, 0.5),
  }
}

interface Timing {
  /** Nanoseconds per event, round by round. */
  readonly baselineNs: readonly number[]
  readonly stageNs: readonly number[]
  readonly recordBytes: number
}

const ratiosOf = ({ baselineNs, stageNs }: Timing): readonly number[] =>
  stageNs.map((ns, round) => ns / baselineNs[round]!)

function timeBesideBaseline(shape: Shape, audience: Audience, stage: Stage, options: CoreOptions): Timing {
  const traffic = new Traffic({ shape, ...audience })
  const run = stage.start(options)
  const warmingBlocks = stage.keepsState ? WARMING_MS / (audience.intervalMs * BLOCK) : FIRST_BLOCKS
  for (let block = 0; block < warmingBlocks; block++) {
    const records = traffic.next(BLOCK)
    if (block < FIRST_BLOCKS) parseToObjects(records)
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
