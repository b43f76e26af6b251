import { newPartitionState } from '../../consumer/core/state.ts'
import { stateFamilies } from '../../consumer/expose/state-families.ts'
import { coreOptions } from '../core-run.ts'
import { parseExposition } from '../exposition.ts'
import { RULES } from './conditions.ts'

export const POSITION = 'clickstream_position_offset'

/** What one page shows of one partition: every state-derived series without the labels all of them have. */
export interface PartitionPage {
  readonly partition: number
  readonly values: ReadonlyMap<string, number>
}

/** A page of /metrics as far as it is judged. */
export interface Page {
  readonly partitions: readonly PartitionPage[]
  readonly lineageResets: number
}

const SHARED_LABELS = /,?group="[^"]*",topic="[^"]*",partition="(\d+)"\}$/
const LINEAGE_RESETS = 'clickstream_lineage_resets_total{'

const STATE_SERIES = new Set(
  stateFamilies(newPartitionState(coreOptions(RULES)).counters.cells).flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
)

/** One text for each series, however many pages hold it: they would keep all their pages in memory. */
const keptTexts = new Map<string, string>()

export function parsePage(text: string): Page {
  const values = new Map<number, Map<string, number>>()
  let lineageResets = 0
  for (const [key, value] of parseExposition(text)) {
    if (key.startsWith(LINEAGE_RESETS)) lineageResets += value
    const series = ownSeries(key)
    if (series === undefined) continue
    const own = values.get(series.partition) ?? new Map()
    values.set(series.partition, own.set(series.text, value))
  }
  return { partitions: [...values].map(([partition, own]) => ({ partition, values: own })), lineageResets }
}

/** The partition of a state-derived series, and its text without the labels that all have; undefined of any other. */
export function ownSeries(key: string): { partition: number; text: string } | undefined {
  const shared = SHARED_LABELS.exec(key)
  if (shared === null || !STATE_SERIES.has(key.slice(0, key.indexOf('{')))) return undefined
  const labels = key.slice(0, shared.index)
  const text = labels.endsWith('{') ? labels.slice(0, -1) : `${labels}}`
  if (!keptTexts.has(text)) keptTexts.set(text, Buffer.from(text).toString())
  return { partition: Number(shared[1]), text: keptTexts.get(text)! }
}

/** Whether the series must only ever rise. */
export const isCounter = (series: string): boolean => /_(total|bucket|sum|count)(\{|$)/.test(series)
