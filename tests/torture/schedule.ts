import { createRandom } from '../../producer/random.ts'
import { SESSION_TIMEOUT_MS } from './conditions.ts'

/** What is done to the processes, and when: milliseconds after the first of them were started. */
export type Action = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly target: string; readonly successor: string; readonly afterMs: number }
  | { readonly kind: 'stop'; readonly target: string }
  | { readonly kind: 'stall'; readonly target: string; readonly forMs: number }
  | { readonly kind: 'add'; readonly newcomer: string }
  | { readonly kind: 'broker'; readonly downMs: number }
)

export interface Schedule {
  /** Consumers that are there from the start. */
  readonly first: readonly string[]
  readonly actions: readonly Action[]
  /** When the last action has had its effect. */
  readonly endMs: number
}

interface Member {
  readonly name: string
  /** Only then does anything else happen to it: it was just started, or it is stalled until then. */
  readonly freeAtMs: number
}

const BROKER_KILLS = 2
/** On average, from one action to the next. */
export const PACE_MS = 6_000
const SHORTEST_PAUSE_MS = 2_000
/** As long as a consumer takes to be a member of the group at all. */
const SETTLING_MS = 5_000
/** A consumer cannot leave in good order while the broker is away or has just come back. */
const BROKER_RETURN_MS = 20_000
const FEWEST_CONSUMERS = 2
const MOST_CONSUMERS = 3

/** Draws what will happen from the seed: the same seed and number of actions give the same schedule. */
export function drawSchedule({ seed, actions: count }: { seed: number; actions: number }): Schedule {
  const { below } = createRandom(seed, 0)
  const between = (fromMs: number, toMs: number): number => fromMs + below(toMs - fromMs)
  const first = Array.from({ length: MOST_CONSUMERS }, (_, index) => `c${index + 1}`)
  const actions: Action[] = []
  let members: Member[] = first.map((name) => ({ name, freeAtMs: SETTLING_MS }))
  let started = first.length
  let atMs = SETTLING_MS
  let brokerBackMs = 0

  const start = (startMs: number): string => {
    const name = `c${++started}`
    members.push({ name, freeAtMs: startMs + SETTLING_MS })
    return name
  }
  const isBrokerKill = (index: number): boolean =>
    Array.from({ length: BROKER_KILLS }, (_, kill) => Math.floor(((kill + 1) * count) / (BROKER_KILLS + 1))).includes(
      index,
    )
  const drawn = (index: number, target: string): Action => {
    if (isBrokerKill(index)) {
      const downMs = between(5_000, 15_000)
      brokerBackMs = atMs + downMs + BROKER_RETURN_MS
      return { atMs, kind: 'broker', downMs }
    }
    const resize = below(100) < 45
    if (resize && members.length === FEWEST_CONSUMERS) return { atMs, kind: 'add', newcomer: start(atMs) }
    if (resize && atMs > brokerBackMs) {
      members = members.filter(({ name }) => name !== target)
      return { atMs, kind: 'stop', target }
    }
    if (below(100) < 35) {
      const forMs = between(SESSION_TIMEOUT_MS + 1_000, 3 * SESSION_TIMEOUT_MS)
      members = members.map((member) => (member.name === target ? { ...member, freeAtMs: atMs + forMs } : member))
      return { atMs, kind: 'stall', target, forMs }
    }
    const afterMs = between(0, 3_000)
    members = members.filter(({ name }) => name !== target)
    return { atMs, kind: 'kill', target, successor: start(atMs + afterMs), afterMs }
  }

  for (let index = 0; index < count; index++) {
    atMs += between(SHORTEST_PAUSE_MS, 2 * PACE_MS - SHORTEST_PAUSE_MS)
    atMs = Math.max(atMs, Math.min(...members.map(({ freeAtMs }) => freeAtMs)))
    const free = members.filter(({ freeAtMs }) => freeAtMs <= atMs)
    actions.push(drawn(index, free[below(free.length)]!.name))
  }
  return { first, actions, endMs: Math.max(...actions.map(effectEndMs)) + SETTLING_MS }
}

function effectEndMs(action: Action): number {
  if (action.kind === 'stall') return action.atMs + action.forMs
  if (action.kind === 'kill') return action.atMs + action.afterMs
  return action.kind === 'broker' ? action.atMs + action.downMs : action.atMs
}

/** One line: when, what, to whom. */
export function actionText(action: Action): string {
  return `${seconds(action.atMs).padStart(8)}  ${action.kind.padEnd(6)}  ${detail(action)}`
}

function detail(action: Action): string {
  switch (action.kind) {
    case 'kill':
      return `${action.target}, ${action.successor} takes its place after ${seconds(action.afterMs)}`
    case 'stop':
      return action.target
    case 'stall':
      return `${action.target} for ${seconds(action.forMs)}`
    case 'add':
      return action.newcomer
    case 'broker':
      return `killed, down for ${seconds(action.downMs)}`
  }
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

const WORDS = { kill: 'kill', stop: 'stop', stall: 'stall', add: 'add', broker: 'broker kills' }

/** How many of each kind. */
export function countsText(actions: readonly Action[]): string {
  const counts = Object.entries(WORDS).map(
    ([kind, word]) => `${actions.filter((action) => action.kind === kind).length} ${word}`,
  )
  return `${actions.length} actions (${counts.join(', ')})`
}
