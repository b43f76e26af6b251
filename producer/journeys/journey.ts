import type { Random } from '../random.ts'
import type { JourneyPlan, TrafficModel } from './model.ts'
import { LANDING_PLACES, type Move, type Place } from './moves.ts'
import { createShares, HUNDREDTHS, hundredthsOf, type Percentages, type Shares } from './shares.ts'

/** A plan ready to be followed. */
export interface Journey {
  thinkTimeMs(random: Random): number
  nextMove(place: Place, random: Random): Move
}

export interface Journeys {
  /** The journey of a new visit; `bouncePercent` is the journey's own unless it is given. */
  draw(random: Random, bouncePercent?: number): Journey
  readonly bot: Journey
}

/** The moves of those who bounce: on the first page they do what `bounced` says, and no more. */
export const bouncingMoves = (plan: JourneyPlan, bounced: Percentages<Move>): JourneyPlan['moves'] => ({
  ...plan.moves,
  ...Object.fromEntries(LANDING_PLACES.map((place) => [place, bounced])),
})

export function createJourneys({ mix, bot, bounced }: Pick<TrafficModel, 'mix' | 'bot' | 'bounced'>): Journeys {
  const kinds = createShares(
    mix.map(([plan, percent]) => {
      const kind = {
        stays: createJourney(plan, plan.moves),
        bounces: createJourney(plan, bouncingMoves(plan, bounced)),
        bouncePercent: plan.bouncePercent,
      }
      return [kind, percent] as const
    }),
  )
  return {
    draw(random, bouncePercent) {
      const kind = kinds.draw(random)
      const share = hundredthsOf(bouncePercent ?? kind.bouncePercent)
      return random.below(HUNDREDTHS) < share ? kind.bounces : kind.stays
    },
    bot: createJourney(bot, bot.moves),
  }
}

function createJourney({ thinkMs: [shortestMs, longestMs] }: JourneyPlan, moves: JourneyPlan['moves']): Journey {
  const shares = Object.fromEntries(
    Object.entries(moves).map(([place, percentages]) => [place, createShares(percentages)]),
  ) as Record<Place, Shares<Move>>
  return {
    // The product of two even numbers leans to the low side, as think times do, and is exact on every machine.
    thinkTimeMs: (random) => shortestMs + Math.floor((longestMs - shortestMs + 1) * random.unit() * random.unit()),
    nextMove: (place, random) => shares[place].draw(random),
  }
}

/** Of {@link Journey.thinkTimeMs}: two even numbers multiply to a quarter. Exact but for half a millisecond. */
export const meanThinkMs = ({ thinkMs: [shortestMs, longestMs] }: JourneyPlan): number =>
  shortestMs + (longestMs - shortestMs) / 4
