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
  const [first, ofFirst] = [...rounds][0]!
  return [...rounds].map(([contestant, own]) => {
    const { name, what, processes, timesRead } = contestant
    const read = events * timesRead
    return {
      name,
      what,
      processes,
      cpuSecondsPerMillion: spreadOf(own.map((round) => netOf(contestant, round, events))),
      withStart: spreadOf(own.map(({ full }) => full.cpuSeconds / (read / 1e6))),
      eventsPerSecondAndProcess: spreadOf(
        own.map(({ full, empty }) => read / (full.wallSeconds - empty.wallSeconds) / processes),
      ),
      toFirst: spreadOf(own.map((round, at) => netOf(contestant, round, events) / netOf(first, ofFirst[at]!, events))),
    }
  })
}

/** CPU seconds for a million events without the start. */
const netOf = ({ timesRead }: Contestant, { full, empty }: Round, events: number): number =>
  (full.cpuSeconds - empty.cpuSeconds) / ((events * timesRead) / 1e6)

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}
