import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Step {
  /** From here on; null for the first, which has no lower end. */
  readonly value: number | null
  readonly color: string
}

export interface Target {
  readonly refId: string
  readonly expr: string
  /** With `{{label}}` for the value of a label. */
  readonly legendFormat: string
  readonly instant: boolean
}

/** How values are written and coloured. */
export interface FieldOptions {
  readonly unit: string
  readonly decimals?: number
  readonly thresholds: { readonly steps: readonly Step[] }
}

export interface Override {
  readonly matcher: { readonly id: string; readonly options: string }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

export interface Mapping {
  readonly options: Readonly<Record<string, { readonly text: string }>>
}

export interface Panel {
  readonly type: string
  readonly title: string
  readonly targets: readonly Target[]
  readonly options?: { readonly textMode?: string }
  readonly fieldConfig: {
    readonly defaults: FieldOptions & {
      readonly noValue?: string
      readonly mappings?: readonly Mapping[]
      readonly custom?: {
        readonly fillOpacity?: number
        readonly stacking?: { readonly mode: string }
        readonly thresholdsStyle?: { readonly mode: string }
      }
    }
    readonly overrides: readonly Override[]
  }
}

export interface Variable {
  readonly name: string
  readonly type: string
  /** Of a query variable: `label_values(SERIES, LABEL)`. */
  readonly definition?: string
  /** What stands for all values together, where all are chosen. */
  readonly allValue?: string
  readonly includeAll: boolean
  readonly current?: { readonly value: unknown }
}

/** What is read of Grafana's classic dashboard JSON. */
export interface Dashboard {
  readonly title: string
  /** Start of the period shown, such as `now-1h`. */
  readonly time: { readonly from: string }
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] }
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly Panel[]
}

const FOLDER = fileURLToPath(new URL('../../grafana/dashboards/', import.meta.url))

/** A committed dashboard by its file's name. */
export const readDashboard = (file: string): Dashboard => JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8'))

/** @throws {Error} when the dashboard has no such panel, which then was renamed */
export function panelOf({ title, panels }: Dashboard, wanted: string): Panel {
  const panel = panels.find((candidate) => candidate.title === wanted)
  if (panel !== undefined) return panel
  throw new Error(`${title} has no panel "${wanted}", name one of its panels in scripts/pictures/chosen-panels.ts`)
}

/** How the panel's query writes and colours its values. */
export function optionsOf({ fieldConfig }: Panel, refId: string): FieldOptions {
  const own = fieldConfig.overrides.find(({ matcher }) => matcher.id === 'byFrameRefID' && matcher.options === refId)
  return { ...fieldConfig.defaults, ...Object.fromEntries((own?.properties ?? []).map(({ id, value }) => [id, value])) }
}
