import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge'
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common'
import type { Threshold } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { described, type PanelText } from './panel.ts'

const lastValue = (): ReduceDataOptionsBuilder => new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false)

/** One figure, coloured by the thresholds. */
export const figure = (text: PanelText): StatBuilder =>
  described(new StatBuilder(), text, 'instant')
    .reduceOptions(lastValue())
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .textMode(text.queries.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Auto)

const LESS_IS_BAD: Threshold[] = [
  { value: null, color: 'red' },
  { value: -0.05, color: 'text' },
  { value: 0.05, color: 'green' },
]

const MORE_IS_BAD: Threshold[] = [
  { value: null, color: 'green' },
  { value: -0.05, color: 'text' },
  { value: 0.05, color: 'red' },
]

export interface Compared extends Omit<PanelText, 'queries' | 'steps'> {
  /** The figure of the period shown, or of the one before it. */
  readonly of: (before: boolean) => string
  readonly legend?: string
  readonly moreIsBad?: boolean
}

/** A figure of the period shown, and by how much it differs from that of the period before. */
export function compared({ of, legend = 'now', moreIsBad = false, ...text }: Compared): StatBuilder {
  const queries = [
    { expr: of(false), legend },
    { expr: `(${of(false)}) / ((${of(true)}) > 0) - 1`, legend: 'change' },
  ]
  return figure({ ...text, queries })
    .noValue('no earlier data')
    .orientation(VizOrientation.Horizontal)
    .overrideByQuery('B', [
      { id: 'unit', value: 'percentunit' },
      { id: 'decimals', value: 1 },
      { id: 'thresholds', value: { mode: 'absolute', steps: moreIsBad ? MORE_IS_BAD : LESS_IS_BAD } },
    ])
}

/** Amounts beside each other, as bars. */
export const bars = (text: PanelText): BarGaugeBuilder =>
  described(new BarGaugeBuilder(), text, 'instant')
    .reduceOptions(lastValue())
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .showUnfilled(true)
    .min(0)

export interface Column {
  /** Of the query at the same place. */
  readonly name: string
  readonly unit: string
}

/** One row for each value of the label; what the first query does not have is left out. */
export function rowsBy(label: string, columns: readonly Column[], text: PanelText): TableBuilder {
  const table = described(new TableBuilder(), text, 'table')
    .withTransformation({ id: 'joinByField', options: { byField: label, mode: 'inner' } })
    .withTransformation({ id: 'filterFieldsByName', options: { include: { pattern: `^(${label}|Value.*)$` } } })
  for (const [at, { name, unit }] of columns.entries()) {
    table.overrideByName(`Value #${String.fromCharCode(65 + at)}`, [
      { id: 'displayName', value: name },
      { id: 'unit', value: unit },
    ])
  }
  return table
}
