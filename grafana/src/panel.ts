import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'

/** The data source that the variable chooses. */
export const DATASOURCE = { type: 'prometheus', uid: '$datasource' }

export interface Query {
  readonly expr: string
  /** With `{{label}}` for the value of a label. */
  readonly legend?: string
}

export interface PanelText {
  /** What the panel answers. */
  readonly title: string
  /** How to read it. */
  readonly description: string
  /** Of Grafana's units, such as `s`, `percentunit`, `short`. */
  readonly unit: string
  /** Of 24 columns. */
  readonly width: number
  readonly height: number
  readonly queries: readonly Query[]
  /** Where the colour changes, rising; nothing is good or bad about a panel without. */
  readonly steps?: readonly Threshold[]
}

/** Good below `warning`, bad from `bad` on. */
export const bad = (warning: number, critical: number): Threshold[] => [
  { value: null, color: 'green' },
  { value: warning, color: 'orange' },
  { value: critical, color: 'red' },
]

/** Bad below `enough`. */
export const atLeast = (enough: number): Threshold[] => [
  { value: null, color: 'red' },
  { value: enough, color: 'green' },
]

/** Anything else than 0 is wrong. */
export const ZERO: Threshold[] = [
  { value: null, color: 'green' },
  { value: 1e-9, color: 'red' },
]

const NEUTRAL: Threshold[] = [{ value: null, color: 'blue' }]

interface PanelBuilder extends Builder<Panel> {
  title(title: string): this
  description(description: string): this
  unit(unit: string): this
  span(columns: number): this
  height(rows: number): this
  datasource(source: typeof DATASOURCE): this
  thresholds(thresholds: Builder<ReturnType<ThresholdsConfigBuilder['build']>>): this
  withTarget(query: DataqueryBuilder): this
}

export type QueryKind = 'range' | 'instant' | 'table' | 'heatmap'

/** What every panel has, whatever it draws. */
export function described<Of extends PanelBuilder>(panel: Of, text: PanelText, kind: QueryKind): Of {
  const { title, description, unit, width, height, queries, steps = NEUTRAL } = text
  panel
    .title(title)
    .description(description)
    .unit(unit)
    .span(width)
    .height(height)
    .datasource(DATASOURCE)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps]))
  for (const [at, query] of queries.entries()) panel.withTarget(targetOf(query, String.fromCharCode(65 + at), kind))
  return panel
}

function targetOf({ expr, legend = '' }: Query, refId: string, kind: QueryKind): DataqueryBuilder {
  const target = new DataqueryBuilder().refId(refId).datasource(DATASOURCE).expr(expr).legendFormat(legend)
  if (kind === 'table') return target.instant().format(PromQueryFormat.Table)
  if (kind === 'instant') return target.instant().format(PromQueryFormat.TimeSeries)
  return target.range().format(kind === 'heatmap' ? PromQueryFormat.Heatmap : PromQueryFormat.TimeSeries)
}
