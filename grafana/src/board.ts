import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DATASOURCE } from './panel.ts'
import { alerts } from './queries.ts'
import { VARIABLES, type VariableName } from './variables.ts'

export interface Row {
  /** The question that its panels answer. */
  readonly title: string
  readonly panels: readonly Builder<Panel>[]
}

export interface Board {
  /** In the address of the dashboard, which alerts link to. */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Between two refreshes, such as `5s`. */
  readonly refresh: string
  /** Start of the period shown, such as `now-1h`. */
  readonly from: string
  readonly variables: readonly VariableName[]
  /** Which alerts are marked in every panel while they fire; those of the exporter unless given. */
  readonly marks?: string
  readonly rows: readonly Row[]
}

const TAG = 'clickstream'

/** A mark in every panel while an alert fires. */
const marksOf = (firing: string): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor('red')
    .expr(firing)
    .titleFormat('{{alertname}}')
    .tagKeys('severity,topic,partition,reason,direction,what,instance')

/** The dashboard as Grafana's classic JSON. Panels are numbered in reading order. */
export function built(board: Board): Dashboard {
  const { uid, title, description, refresh, from, variables, marks = alerts('firing'), rows } = board
  const builder = new DashboardBuilder(`Clickstream / ${title}`)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from, to: 'now' })
    .refresh(refresh)
    .links([
      new DashboardLinkBuilder('Dashboards')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .keepTime(true)
        .includeVars(true),
      new DashboardLinkBuilder('Runbook')
        .type(DashboardLinkType.Link)
        .icon('doc')
        .tooltip('What each alert means and what to do')
        .url('$runbook')
        .targetBlank(true),
    ])
    .annotation(marksOf(marks))
    .variables(variables.map((name) => VARIABLES[name]))
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title))
    for (const panel of row.panels) builder.withPanel(panel)
  }
  const dashboard = builder.build()
  // With a place of their own they would be behind a menu.
  dashboard.links = dashboard.links!.map(({ placement: _menu, ...link }) => link)
  dashboard.panels = dashboard.panels!.map((panel, at) => ({ ...panel, id: at + 1 }))
  return dashboard
}
