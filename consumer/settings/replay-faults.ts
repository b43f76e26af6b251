import type { SettingsFault } from './fault.ts'
import { SETTINGS, type SettingName } from './settings.ts'
import type { SourceOf } from './source-of.ts'

/** Of each pair, the first says what the second says otherwise. */
const CONTRADICTIONS: readonly (readonly [SettingName, SettingName])[] = [
  ['replayRate', 'replaySpeed'],
  ['data', 'endpoint'],
  ['data', 'output'],
]

/** What is wrong with the settings of a replay only when they are seen together; other commands take none of them. */
export function replayFaults(taken: Readonly<Record<string, unknown>>, sourceOf: SourceOf): SettingsFault[] {
  if (!('replaySpeed' in taken)) return []
  const isGiven = (name: SettingName): boolean => name in taken && sourceOf(name) !== undefined
  const faultOf = (name: SettingName, fix: string): SettingsFault => ({
    setting: SETTINGS[name].flag,
    from: sourceOf(name)!,
    fix,
  })
  const faults = CONTRADICTIONS.filter((pair) => pair.every(isGiven)).map(([name, other]) =>
    faultOf(name, `contradicts ${SETTINGS[other].flag} (${sourceOf(other)}), leave one of them out`),
  )
  // Whoever names a broker means events to get there.
  if (isGiven('data') && isGiven('brokers')) {
    faults.push(faultOf('data', `takes the place of Kafka, leave it or the brokers (${sourceOf('brokers')}) out`))
  }
  return faults
}
