import { partitionOf } from '../../consumer/contract/partitioner.ts'
import type { Encoder, UtmTags } from '../encoding/encoder.ts'
import { jsonText } from '../encoding/json-text.ts'
import type { Effects } from '../faults/effects.ts'
import type { Random } from '../random.ts'
import { createAudience } from './audience.ts'
import type { Identifiers } from './identifiers.ts'
import { createJourneys, type Journey } from './journey.ts'
import type { Campaign, TrafficModel } from './model.ts'
import type { People, Traits } from './people.ts'
import { createShares } from './shares.ts'
import { HOME_PAGE, type Product, type Site } from './site.ts'
import type { Visit } from './visit.ts'

export interface VisitorsOptions {
  readonly model: TrafficModel
  readonly run: number
  /** How many people there are; more when more are needed. */
  readonly size: number
  readonly partitions: number
  readonly site: Site
  readonly people: People
  readonly identifiers: Identifiers
  readonly encoder: Encoder
  readonly random: Random
  /** For what effects change: without them, it is not asked. */
  readonly chance: Random
}

/** Who comes and goes. */
export interface Visitors {
  /** The visit that begins at `timeMs`, its first move due at once; undefined when whoever would come stays away. */
  arrive(timeMs: number, effects: Effects): Visit | undefined
  /** `timeMs` is when they did the last thing. */
  leave(visit: Visit, timeMs: number): void
}

interface Arriving {
  readonly person: number
  readonly isPerson: boolean
  readonly traits: Traits
  readonly journey: Journey
  readonly utm: UtmTags | undefined
  readonly linked: Product | undefined
}

/** Bots are numbered far beyond any audience, a thousand million for each run: each visit comes under a number of its own. */
const BOTS_PER_RUN = 1_000_000_000

export function createVisitors(options: VisitorsOptions): Visitors {
  const { model, run, size, partitions, site, people, identifiers, encoder, random, chance } = options
  const audience = createAudience({ size, returningPercent: model.returningPercent, random })
  const journeys = createJourneys(model)
  const campaigns = createShares<UtmTags | undefined>(
    model.campaigns.map(([campaign, percent]) => [utmTags(campaign), percent] as const),
    { value: undefined },
  )
  const viral = utmTags(model.viral)
  // A product few people know: that everybody looks at it shows.
  const viralProduct = site.products[site.products.length >> 1]!
  let bots = 0

  function isBot({ disorder, arrivals, botVisits }: Effects): boolean {
    if (disorder.bot > 0 && chance.unit() < disorder.bot) return true
    return botVisits > 0 && chance.unit() * (arrivals + botVisits) < botVisits
  }

  function bot(): Arriving {
    const person = BOTS_PER_RUN * (run + 1) + bots
    bots += 1
    return {
      person,
      isPerson: false,
      traits: people.bot(person),
      journey: journeys.bot,
      utm: undefined,
      linked: undefined,
    }
  }

  function somebody(timeMs: number, effects: Effects): Arriving {
    const person = audience.arrive(timeMs)
    const isViral = effects.viral > 0 && chance.unit() < effects.viral
    const own = campaigns.draw(random)
    return {
      person,
      isPerson: true,
      traits: people.person(person),
      journey: journeys.draw(random, isViral ? model.viral.bouncePercent : undefined),
      utm: isViral ? viral : own,
      linked: isViral ? viralProduct : undefined,
    }
  }

  function leave({ isPerson, person }: Pick<Visit, 'isPerson' | 'person'>, timeMs: number): void {
    if (isPerson) audience.depart(person, timeMs)
  }

  return {
    arrive(timeMs, effects) {
      const arriving = isBot(effects) ? bot() : somebody(timeMs, effects)
      const { person, isPerson, traits, journey, utm, linked } = arriving
      const userId = String(person + 1)
      const { silentPartition } = effects
      if (silentPartition !== undefined && partitionOf(Buffer.from(userId), partitions) === silentPartition) {
        leave(arriving, timeMs)
        return undefined
      }
      const sessionId = identifiers.nextSessionId()
      return {
        person,
        isPerson,
        key: userId,
        frame: encoder.frame({ userId, sessionId, ...traits, utm }),
        journey,
        place: 'entrance',
        page: HOME_PAGE,
        referrer: undefined,
        product: viralProduct,
        linked,
        nextMove: linked === undefined ? journey.nextMove('entrance', random) : 'view_product',
        dueMs: timeMs,
      }
    },
    leave,
  }
}

const utmTags = ({ name, source, medium }: Campaign): UtmTags => ({
  source: jsonText(source),
  medium: jsonText(medium),
  campaign: jsonText(name),
})
