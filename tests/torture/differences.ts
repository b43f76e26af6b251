import type { ReferenceOptions } from '../../producer/oracle/event.ts'
import { referenceSeries } from '../reference-series.ts'
import { Fold, type LogEntry } from './fold.ts'
import { isCounter, ownSeries, POSITION } from './page.ts'
import type { Showing } from './showings.ts'

interface SeriesDifference {
  readonly series: string
  readonly expected: number
  readonly shown: number
}

/** A series that does not show what the log holds before the page's position. */
export interface Difference extends SeriesDifference {
  readonly showing: Showing
}

/** How many positions of a partition are counted a second way, by sorting and splitting the log before them. */
const SAMPLES = 8

/**
 * Where one partition's pages differ from its log: the series against a fold of the log at the page's position, and the
 * records consumed against what became of them. Of each page at most the first doubled series and the first other.
 * @throws when the fold itself is wrong
 */
export function differences(
  showings: readonly Showing[],
  log: readonly LogEntry[],
  options: ReferenceOptions,
): Difference[] {
  const byPosition = [...Map.groupBy(showings, ({ values }) => values.get(POSITION) ?? 0)].sort(([a], [b]) => a - b)
  const fold = new Fold(log, options)
  const every = Math.ceil(byPosition.length / SAMPLES)
  return byPosition.flatMap(([position, there], index) => {
    const expected = fold.upTo(position)
    if (index % every === 0 || index === byPosition.length - 1) checkFold(expected, position, log, options)
    const found = new Map<Showing['values'], SeriesDifference[]>()
    return there.flatMap((showing) => {
      const { values } = showing
      const all = found.get(values) ?? [...differing(values, expected), ...unbalanced(values)]
      found.set(values, all)
      const first = [all.find(isDoubled), all.find((difference) => !isDoubled(difference))]
      return first.flatMap((difference) => (difference === undefined ? [] : { ...difference, showing }))
    })
  })
}

/** More was counted than there is: something counted twice. */
export const isDoubled = ({ series, expected, shown }: SeriesDifference): boolean =>
  isCounter(series) && shown > expected

/** Zeros may be left out on either side. */
function differing(values: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): SeriesDifference[] {
  return [...new Set([...expected.keys(), ...values.keys()])]
    .map((series) => ({ series, expected: expected.get(series) ?? 0, shown: values.get(series) ?? 0 }))
    .filter(({ expected, shown }) => !Object.is(expected, shown))
}

const CONSUMED = 'clickstream_records_consumed_total'
const BECAME = /^clickstream_(events|events_dropped|records_rejected)_total\{/

/** Consumed = accepted + dropped + rejected, to the record. */
function unbalanced(values: ReadonlyMap<string, number>): SeriesDifference[] {
  const expected = [...values].reduce((sum, [series, value]) => (BECAME.test(series) ? sum + value : sum), 0)
  const shown = values.get(CONSUMED) ?? 0
  return shown === expected ? [] : [{ series: `${CONSUMED} beside what became of them`, expected, shown }]
}

function checkFold(
  values: ReadonlyMap<string, number>,
  position: number,
  log: readonly LogEntry[],
  options: ReferenceOptions,
): void {
  const before = log.filter(({ offset }) => offset < position)
  const events = before.flatMap(({ event }) => event ?? [])
  const labels = { group: '', topic: '', partition: '0' }
  const reference = Object.entries(referenceSeries(events, options, labels, before.length - events.length))
  const expected = new Map(reference.map(([key, value]) => [ownSeries(key)!.text, value]))
  const wrong = differing(new Map([...values].filter(([series]) => isCounter(series))), expected)
  if (wrong.length > 0) throw new Error(`the fold is wrong at ${position}: ${JSON.stringify(wrong[0])}`)
}
