import type { Contestant, Cost } from './contestants.ts'

/** One round of one contestant: the start alone, on an empty topic, and start and reading. */
export interface Round {
  readonly empty: Cost
  readonly full: Cost
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Figures {
  readonly name: string
  readonly what: string
  readonly processes: number
  /** CPU seconds for a million events, of all processes, without what the start takes. */
  readonly cpuSecondsPerMillion: Spread
  /** The same with the start. */
  readonly withStart: Spread
  readonly eventsPerSecondAndProcess: Spread
  /** CPU per event to that of the first contestant, each round by itself. */
  readonly toFirst: Spread
}

export type Goal = { readonly goal: string; readonly figure: number; readonly met: boolean }

/** The order of a round: each begins with another contestant, so that none always runs on the machine left by the same. */
export function orderOf<T>(all: readonly T[], round: number): T[] {
  const first = round % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

/** @param rounds of each contestant, in the order they were run; all have as many */
export function figuresOf(rounds: ReadonlyMap<Contestant, readonly Round[]>, events: number): Figures[] {
  const millions = events / 1e6
  const net = ({ full, empty }: Round): number => (full.cpuSeconds - empty.cpuSeconds) / millions
  const [first] = rounds.values()
  return [...rounds].map(([{ name, what, processes }, own]) => ({
    name,
    what,
    processes,
    cpuSecondsPerMillion: spreadOf(own.map(net)),
    withStart: spreadOf(own.map(({ full }) => full.cpuSeconds / millions)),
    eventsPerSecondAndProcess: spreadOf(
      own.map(({ full, empty }) => events / (full.wallSeconds - empty.wallSeconds) / processes),
    ),
    toFirst: spreadOf(own.map((round, at) => net(round) / net(first![at]!))),
  }))
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}
