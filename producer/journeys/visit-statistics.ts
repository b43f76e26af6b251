import { bouncingMoves, meanThinkMs } from './journey.ts'
import { solveLinear } from './linear-equations.ts'
import type { JourneyPlan, TrafficModel } from './model.ts'
import { MOVE_NAMES, type Move, meaningOf, PLACES, type Place, placeAfter } from './moves.ts'

/** What is to be expected of a visit. Shares are from 0 to 1. */
export interface VisitStatistics {
  /** How often each move is made. */
  readonly moves: Readonly<Record<Move, number>>
  readonly eventsPerVisit: number
  /** From the first event until the visitor has done with the page of the last. */
  readonly secondsPerVisit: number
  /** Of the visits, those that buy something. */
  readonly purchaseShare: number
  /** Of the visits, those with exactly one page view. */
  readonly singlePageShare: number
}

type Moves = JourneyPlan['moves']

/** Of an ordinary visit, over all journeys of the mix. */
export function visitStatistics(model: Pick<TrafficModel, 'mix' | 'bounced'>): VisitStatistics {
  return weighted(model.mix.map(([plan, percent]) => [journeyStatistics(plan, model), percent / 100] as const))
}

/**
 * A journey is a Markov chain over places that ends when the visitor leaves. What is expected of it is the solution of
 * one linear equation for each place (Kemeny and Snell, Finite Markov Chains, 1960, chapter 3); nobody is sent
 * through it.
 */
export function journeyStatistics(plan: JourneyPlan, { bounced }: Pick<TrafficModel, 'bounced'>): VisitStatistics {
  const bounces = plan.bouncePercent / 100
  return weighted([
    [chainStatistics(plan, plan.moves), 1 - bounces],
    [chainStatistics(plan, bouncingMoves(plan, bounced)), bounces],
  ])
}

function chainStatistics(plan: JourneyPlan, moves: Moves): VisitStatistics {
  const reached = placesReached(moves)
  const visits = expectedVisits(moves, reached)
  const perVisit = Object.fromEntries(
    MOVE_NAMES.map((move) => [
      move,
      reached.reduce((sum, place, index) => sum + visits[index]! * chance(moves, place, move), 0),
    ]),
  ) as Record<Move, number>
  const eventsPerVisit = MOVE_NAMES.reduce((sum, move) => sum + (move === 'leave' ? 0 : perVisit[move]), 0)
  const purchases = chancesOfMaking(moves, reached, (move) => move === 'purchase')
  const pageViews = chancesOfMaking(moves, reached, (move) => meaningOf(move).event === 'page_view')
  return {
    moves: perVisit,
    eventsPerVisit,
    secondsPerVisit: (eventsPerVisit * meanThinkMs(plan)) / 1000,
    purchaseShare: purchases('entrance'),
    singlePageShare: MOVE_NAMES.reduce((sum, move) => {
      const landing = placeAfter(move, 'entrance')
      const first = chance(moves, 'entrance', move)
      return landing === undefined || first === 0 ? sum : sum + first * (1 - pageViews(landing))
    }, 0),
  }
}

const chance = (moves: Moves, place: Place, move: Move): number =>
  (moves[place]?.find(([name]) => name === move)?.[1] ?? 0) / 100

function placesReached(moves: Moves): readonly Place[] {
  const reached: Place[] = ['entrance']
  for (const place of reached) {
    for (const [move] of moves[place] ?? []) {
      const next = placeAfter(move, place)
      if (next !== undefined && !reached.includes(next)) reached.push(next)
    }
  }
  return PLACES.filter((place) => reached.includes(place))
}

/** The chance to go from one place to another with a move that counts. */
function step(moves: Moves, from: Place, to: Place, counts: (move: Move) => boolean): number {
  return MOVE_NAMES.reduce(
    (sum, move) => (counts(move) && placeAfter(move, from) === to ? sum + chance(moves, from, move) : sum),
    0,
  )
}

/** How often a visitor decides what to do next, by place: once at the entrance, and wherever moves lead. */
function expectedVisits(moves: Moves, reached: readonly Place[]): readonly number[] {
  const matrix = reached.map((to) => reached.map((from) => (to === from ? 1 : 0) - step(moves, from, to, () => true)))
  return solveLinear(
    matrix,
    reached.map((place) => (place === 'entrance' ? 1 : 0)),
  )
}

/** By place, how likely a visitor there makes one of the moves before leaving. */
function chancesOfMaking(
  moves: Moves,
  reached: readonly Place[],
  isWanted: (move: Move) => boolean,
): (place: Place) => number {
  const goesOn = (move: Move): boolean => !isWanted(move)
  const matrix = reached.map((from) => reached.map((to) => (to === from ? 1 : 0) - step(moves, from, to, goesOn)))
  const atOnce = reached.map((place) =>
    MOVE_NAMES.reduce((sum, move) => (isWanted(move) ? sum + chance(moves, place, move) : sum), 0),
  )
  const chances = solveLinear(matrix, atOnce)
  return (place) => chances[reached.indexOf(place)]!
}

function weighted(parts: readonly (readonly [statistics: VisitStatistics, weight: number])[]): VisitStatistics {
  const mean = (of: (statistics: VisitStatistics) => number): number =>
    parts.reduce((sum, [statistics, weight]) => sum + weight * of(statistics), 0)
  return {
    moves: Object.fromEntries(MOVE_NAMES.map((move) => [move, mean(({ moves }) => moves[move])])) as Record<
      Move,
      number
    >,
    eventsPerVisit: mean(({ eventsPerVisit }) => eventsPerVisit),
    secondsPerVisit: mean(({ secondsPerVisit }) => secondsPerVisit),
    purchaseShare: mean(({ purchaseShare }) => purchaseShare),
    singlePageShare: mean(({ singlePageShare }) => singlePageShare),
  }
}
