import { LINKS } from './links.ts'
import type { AlertRule } from './rule.ts'
import { duration } from './windows.ts'

/**
 * `behaviour`: what visitors do, which is only worth a look while the numbers are complete. `data`: what the records
 * are like. `pipeline`: whether the numbers get here. The last silences the first.
 */
export type Kind = 'behaviour' | 'data' | 'pipeline'

export interface AlertSource {
  readonly alert: string
  readonly kind: Kind
  readonly severity: 'page' | 'warning'
  readonly expr: string
  /** Seconds for which it must hold. */
  readonly forSeconds: number
  readonly labels?: Readonly<Record<string, string>>
  /** Where to look: the end of a dashboard's address, that of the kind unless given. */
  readonly dashboard?: string
  readonly summary: string
  readonly description: string
}

const DASHBOARDS: Readonly<Record<Kind, string>> = {
  behaviour: 'clickstream-business',
  data: 'clickstream-data-quality',
  pipeline: 'clickstream-pipeline',
}

const ofKind = (kind: Kind): string => `${DASHBOARDS[kind]}?var-group={{ $labels.group }}&var-topic={{ $labels.topic }}`

export function alertOf({
  alert,
  kind,
  severity,
  expr,
  forSeconds,
  labels,
  dashboard = ofKind(kind),
  summary,
  description,
}: AlertSource): AlertRule {
  return {
    alert,
    expr,
    for: duration(forSeconds),
    labels: { severity, kind, ...labels },
    annotations: {
      summary,
      description,
      dashboard_url: `${LINKS.grafana}/d/${dashboard}`,
      runbook_url: `${LINKS.runbook}#${alert.toLowerCase()}`,
    },
  }
}

/** Whose history it is, for descriptions. */
export const WHOSE = 'of topic {{ $labels.topic }}, group {{ $labels.group }},'
