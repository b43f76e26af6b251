import type { ReferenceOptions } from '../../producer/oracle/event.ts'
import { judge } from '../../producer/oracle/judge.ts'
import type { LogEntry } from './fold.ts'

/** Rejected records without a dead letter, and dead letters of other records or with another reason. */
export function letterFaults(
  logs: readonly (readonly LogEntry[])[],
  letters: ReadonlyMap<string, string>,
  options: ReferenceOptions,
): string[] {
  const expected = new Map(logs.flatMap((log, partition) => rejections(log, partition, options)))
  const places = [...new Set([...expected.keys(), ...letters.keys()])]
  return places
    .filter((place) => expected.get(place) !== letters.get(place))
    .map((place) => `record ${place}: dead letter ${letters.get(place)}, but the log says ${expected.get(place)}`)
}

function rejections(log: readonly LogEntry[], partition: number, options: ReferenceOptions): [string, string][] {
  const verdicts = judge(
    log.flatMap(({ event }) => event ?? []),
    options,
  ).values()
  return log.flatMap(({ offset, event }): [string, string][] => {
    const reason = event === undefined ? 'malformed_json' : verdicts.next().value!.verdict
    return reason === 'malformed_json' || reason === 'future_dated' ? [[`${partition}/${offset}`, reason]] : []
  })
}
