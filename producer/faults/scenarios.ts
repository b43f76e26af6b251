import type { Disorder } from '../../consumer/settings/disorders.ts'
import type { ScenarioName } from '../../consumer/settings/scenario-names.ts'
import type { Effects } from './effects.ts'

/** A scenario from one moment up to, not including, another; epoch milliseconds. */
export interface TimedScenario {
  readonly name: ScenarioName
  readonly fromMs: number
  readonly toMs: number
}

/** What each adds to the effects of its time: factors multiply and shares add up, so that scenarios can overlap. */
export const SCENARIO_EFFECTS: Readonly<Record<ScenarioName, (effects: Effects) => Effects>> = {
  'checkout-outage': (effects) => ({ ...effects, failedPurchases: 1 }),
  'payment-slow': (effects) => ({ ...effects, paymentDelayMs: effects.paymentDelayMs + 20_000 }),
  'bot-storm': (effects) => ({ ...effects, botVisits: effects.botVisits + 1 }),
  'viral-spike': (effects) => ({ ...effects, arrivals: effects.arrivals * 8, viral: shares(effects.viral, 0.875) }),
  'traffic-drop': (effects) => ({ ...effects, arrivals: effects.arrivals * 0.1 }),
  'late-burst': (effects) => withMore(effects, { late: 0.4 }),
  'duplicate-storm': (effects) => withMore(effects, { duplicate: 0.6 }),
  'clock-skew': (effects) => ({
    ...effects,
    skewed: shares(effects.skewed, 0.3),
    skewMs: Math.max(effects.skewMs, 120_000),
  }),
  'malformed-flood': (effects) => withMore(effects, { bad_json: 0.1, wrong_type: 0.1, truncated: 0.1 }),
  'cardinality-attack': (effects) => ({ ...effects, newPaths: shares(effects.newPaths, 0.5) }),
  'silent-partition': (effects) => ({ ...effects, silentPartition: 0 }),
  'poison-clock': (effects) => ({ ...effects, poisonMs: 3_600_000 }),
}

const shares = (one: number, other: number): number => Math.min(1, one + other)

function withMore(effects: Effects, more: Partial<Record<Disorder, number>>): Effects {
  const disorder = { ...effects.disorder }
  for (const [kind, share] of Object.entries(more) as [Disorder, number][]) {
    disorder[kind] = shares(disorder[kind], share)
  }
  return { ...effects, disorder }
}
