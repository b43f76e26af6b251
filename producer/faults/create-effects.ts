import type { Disorders } from '../../consumer/settings/disorders.ts'
import { ALTERNATIVES, totalOf } from '../../consumer/settings/disorders.ts'
import type { Effects } from './effects.ts'
import { SCENARIO_EFFECTS, type TimedScenario } from './scenarios.ts'

/** The effects of every moment. The same object is returned for all of a stretch in which nothing begins or ends. */
export interface EffectsOverTime {
  at(timeMs: number): Effects
}

interface Stretch {
  readonly fromMs: number
  readonly toMs: number
  readonly effects: Effects
}

/** `disorder` lasts for ever; each scenario adds what it does from `fromMs` up to, not including, `toMs`. */
export function createEffects(options: {
  readonly disorder: Disorders
  readonly scenarios: readonly TimedScenario[]
}): EffectsOverTime {
  const stretches = stretchesOf(options.scenarios, undisturbed(options.disorder))
  let now = stretches[0]!

  return {
    at(timeMs) {
      // Times mostly rise, and stay within one stretch for long: the search happens at its ends.
      if (timeMs < now.fromMs || timeMs >= now.toMs) {
        now = stretches.find(({ fromMs, toMs }) => timeMs >= fromMs && timeMs < toMs)!
      }
      return now.effects
    },
  }
}

const undisturbed = (disorder: Disorders): Effects => ({
  disorder,
  arrivals: 1,
  botVisits: 0,
  viral: 0,
  failedPurchases: 0,
  paymentDelayMs: 0,
  newPaths: 0,
  silentPartition: undefined,
  skewed: 0,
  skewMs: 0,
  poisonMs: 0,
})

/** From each moment at which a scenario begins or ends to the next; together they cover all time. */
function stretchesOf(scenarios: readonly TimedScenario[], base: Effects): Stretch[] {
  const moments = new Set(scenarios.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))
  const starts = [Number.NEGATIVE_INFINITY, ...[...moments].sort((a, b) => a - b)]
  return starts.map((startMs, at) => {
    const running = scenarios.filter(({ fromMs, toMs }) => fromMs <= startMs && startMs < toMs)
    const effects = running.reduce((before, { name }) => SCENARIO_EFFECTS[name](before), base)
    return {
      fromMs: startMs,
      toMs: starts[at + 1] ?? Number.POSITIVE_INFINITY,
      effects: Object.freeze({ ...effects, disorder: withinOne(effects.disorder) }),
    }
  })
}

/** Kinds that one draw chooses from and that overlapping scenarios push beyond 1 keep their proportions. */
function withinOne(disorder: Disorders): Disorders {
  const limited = { ...disorder }
  for (const kinds of ALTERNATIVES) {
    const total = totalOf(kinds, disorder)
    if (total > 1) for (const kind of kinds) limited[kind] = disorder[kind] / total
  }
  return Object.freeze(limited)
}
