import type { SettingsFault } from './fault.ts'
import type { SettingName, Settings } from './settings.ts'
import type { SourceOf } from './source-of.ts'
import { TRAFFIC_TABLE } from './traffic-settings.ts'

type TrafficName = keyof typeof TRAFFIC_TABLE

/** Of each pair, the first says what the second says otherwise. */
const CONTRADICTIONS: readonly (readonly [TrafficName, TrafficName])[] = [
  ['users', 'ratePerSecond'],
  ['events', 'speed'],
  ['events', 'durationMs'],
  ['endpoint', 'output'],
]

/**
 * What is wrong with settings of synthetic traffic only when they are seen together; only those a command takes are
 * looked at.
 */
export function trafficFaults(taken: Partial<Settings<TrafficName>>, sourceOf: SourceOf): SettingsFault[] {
  return [
    ...contradictions(taken, sourceOf),
    ...endlessWaits(taken, sourceOf),
    ...secondTargets(taken, sourceOf),
    ...idleTimes(taken, sourceOf),
  ]
}

const isGiven = (taken: object, name: SettingName, sourceOf: SourceOf): boolean =>
  name in taken && sourceOf(name) !== undefined

const faultOf = (name: TrafficName, sourceOf: SourceOf, fix: string): SettingsFault => ({
  setting: TRAFFIC_TABLE[name].flag,
  from: sourceOf(name)!,
  fix,
})

function contradictions(taken: object, sourceOf: SourceOf): SettingsFault[] {
  return CONTRADICTIONS.filter((pair) => pair.every((name) => isGiven(taken, name, sourceOf))).map(([name, other]) => {
    const { flag } = TRAFFIC_TABLE[other]
    return faultOf(name, sourceOf, `contradicts ${flag} (${sourceOf(other)}), leave one of them out`)
  })
}

function endlessWaits(taken: Partial<Settings<TrafficName>>, sourceOf: SourceOf): SettingsFault[] {
  if (taken.ratePerSecond !== 0 || !isGiven(taken, 'events', sourceOf)) return []
  return [faultOf('events', sourceOf, 'never come at a rate of 0, raise it with --rate')]
}

/** Whoever names a broker means events to get there. */
function secondTargets(taken: object, sourceOf: SourceOf): SettingsFault[] {
  if (!isGiven(taken, 'brokers', sourceOf)) return []
  return (['endpoint', 'output'] as const)
    .filter((name) => isGiven(taken, name, sourceOf))
    .map((name) => {
      const fix = `takes the place of Kafka, leave it or the brokers (${sourceOf('brokers')}) out`
      return faultOf(name, sourceOf, fix)
    })
}

function idleTimes(taken: Partial<Settings<TrafficName>>, sourceOf: SourceOf): SettingsFault[] {
  if (taken.scenarios === undefined || taken.scenarios.length > 0) return []
  return (['scenarioAtMs', 'scenarioForMs'] as const)
    .filter((name) => isGiven(taken, name, sourceOf))
    .map((name) => faultOf(name, sourceOf, 'is not used without a scenario, name one with --scenario or leave it out'))
}
