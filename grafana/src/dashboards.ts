import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { alertsAndObjectives } from './alerts.ts'
import { built } from './board.ts'
import { collector } from './collector.ts'
import { dataQuality } from './data-quality.ts'
import { delivery } from './delivery.ts'
import { overview } from './overview.ts'

/** Every dashboard by its file below grafana/dashboards. */
export const dashboards = (): ReadonlyMap<string, Dashboard> =>
  new Map([
    ['overview.json', built(overview)],
    ['data-quality.json', built(dataQuality)],
    ['delivery.json', built(delivery)],
    ['collector.json', built(collector)],
    ['alerts.json', built(alertsAndObjectives)],
  ])
