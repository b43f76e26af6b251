import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { dashboards } from '../../grafana/src/dashboards.ts'
import { alertGroups } from '../../prometheus/src/files.ts'
import { PRODUCTION } from '../../prometheus/src/windows.ts'
import { updateDashboards } from '../../scripts/dashboards.ts'

interface Target {
  refId: string
  expr: string
  datasource: object
}

interface PanelJson {
  id: number
  type: string
  title: string
  description: string
  datasource: object
  gridPos: { x: number; y: number; w: number; h: number }
  targets: Target[]
  fieldConfig: { defaults: { unit: string; thresholds: { steps: { value: number | null; color: string }[] } } }
}

interface DashboardJson {
  uid: string
  title: string
  refresh: string
  description: string
  panels: PanelJson[]
  links: { title: string; type: string; url?: string; tags: string[]; keepTime: boolean; includeVars: boolean }[]
  templating: { list: { name: string; type: string; query: unknown; current?: { value: unknown } }[] }
  tags: string[]
}

const all = [...dashboards()].map(([file, dashboard]) => ({
  file,
  dashboard: dashboard as unknown as DashboardJson,
}))
const panels = all.flatMap(({ file, dashboard }) =>
  dashboard.panels.filter(({ type }) => type !== 'row').map((panel) => ({ file, title: panel.title, panel })),
)
const SOURCE = { type: 'prometheus', uid: '$datasource' }

describe('the files', () => {
  test('are what the code makes', () => {
    expect(updateDashboards('grafana/dashboards', { check: true })).toStrictEqual({
      exitCode: 0,
      lines: ['5 dashboards: up to date'],
    })
  })
})

describe.each(all)('$file', ({ dashboard }) => {
  const { panels, links, templating } = dashboard

  test('numbers its panels and rows, each once', () => {
    expect(panels.map(({ id }) => id)).toStrictEqual(panels.map((_, at) => at + 1))
  })

  test('gives each query title one meaning', () => {
    const titles = panels.map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
  })

  test('places its panels side by side within 24 columns, none upon another', () => {
    for (const { gridPos } of panels) {
      expect(gridPos.x).toBeGreaterThanOrEqual(0)
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
    }
    const overlapping = panels.flatMap((one, at) =>
      panels.slice(at + 1).flatMap((other) => (overlap(one, other) ? [`${one.title} and ${other.title}`] : [])),
    )
    expect(overlapping).toStrictEqual([])
  })

  test('can be read: rows ask questions, and there are no more than about twenty panels', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
    expect(rows.length).toBeGreaterThan(2)
    for (const title of rows.slice(1)) expect(title).toMatch(/\?$/)
    expect(panels.length - rows.length).toBeLessThanOrEqual(20)
    expect(panels[0]!.type).toBe('row')
  })

  test('leads to the other dashboards, with what is chosen, and to the runbook', () => {
    const [others, runbook] = links
    expect(others).toMatchObject({ type: 'dashboards', tags: dashboard.tags, keepTime: true, includeVars: true })
    expect(runbook).toMatchObject({ type: 'link', url: '$runbook' })
    expect(templating.list.find(({ name }) => name === 'runbook')).toMatchObject({
      type: 'constant',
      query: expect.stringMatching(/runbook\.md$/),
    })
  })

  test('has the variables its queries use, and no others', () => {
    const text = JSON.stringify([panels, links, templating])
    const used = [...text.matchAll(/\$\{?([a-z]+)\b/g)].map(([, name]) => name!)
    expect(templating.list.map(({ name }) => name).sort()).toStrictEqual([...new Set(used)].sort())
  })
})

describe.each(panels)('$file: $title', ({ panel }) => {
  test('says how to read it, in a unit, with colours, from the chosen data source', () => {
    expect(panel.description.length).toBeGreaterThan(40)
    expect(panel.description).toMatch(/\.$/)
    const { unit, thresholds } = panel.fieldConfig.defaults
    expect(unit).toMatch(/^[a-zA-Z_]+$/)
    expect(thresholds.steps[0]!.value).toBeNull()
    const levels = thresholds.steps.slice(1).map(({ value }) => value!)
    expect(levels).toStrictEqual(levels.toSorted((a, b) => a - b))
    expect(panel.datasource).toStrictEqual(SOURCE)
    expect(panel.targets.length).toBeGreaterThan(0)
    for (const { datasource } of panel.targets) expect(datasource).toStrictEqual(SOURCE)
    const ids = panel.targets.map(({ refId }) => refId)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

test.each([
  ['Page Views Over Time', 'page_views_total'],
  ['Clicks Over Time', 'clicks_total'],
  ['Avg Session Duration', 'average_session_duration_seconds'],
  ['Bounce Rate', 'bounce_rate_percent'],
])('the overview begins with %s, which asks for %s', (title, expr) => {
  const four = all.find(({ file }) => file === 'overview.json')!.dashboard.panels.slice(1, 5)
  expect(four.find((panel) => panel.title === title)!.targets.map((target) => target.expr)).toStrictEqual([expr])
})

test('the overview is as new as the scrapes', () => {
  expect(all.find(({ file }) => file === 'overview.json')!.dashboard.refresh).toBe('5s')
})

test('every alert leads to a dashboard there is, and sets variables it has', () => {
  const links = alertGroups(PRODUCTION).flatMap(({ rules }) =>
    rules.map(({ annotations }) => annotations.dashboard_url!),
  )
  expect(links.length).toBeGreaterThan(10)
  for (const link of links) {
    const [, uid, variables] = /\/d\/([^?]+)\?(.*)$/.exec(link)!
    const dashboard = all.find(({ dashboard }) => dashboard.uid === uid)?.dashboard
    expect([link, dashboard?.uid]).toStrictEqual([link, uid])
    const names = dashboard!.templating.list.map(({ name }) => name)
    for (const [, name] of variables!.matchAll(/var-(\w+)=/g)) expect(names).toContain(name)
  }
})

test('alerts on a collector lead to its dashboard, with that collector chosen', () => {
  const rules = alertGroups(PRODUCTION).find(({ name }) => name === 'clickstream-collector')!.rules
  expect(new Set(rules.map(({ annotations }) => annotations.dashboard_url!.split('/d/')[1]))).toStrictEqual(
    new Set(['clickstream-collector?var-collector={{ $labels.instance }}']),
  )
})

test('a collector is shown whether it is scraped as a job of its own or as a part of the exporter', () => {
  const { panels, templating } = all.find(({ file }) => file === 'collector.json')!.dashboard
  const texts = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  for (const text of [...texts, JSON.stringify(templating)]) {
    expect(text).not.toMatch(/\b(job|group|topic) *=/)
    expect(text).toMatch(/clickstream_collector_/)
  }
})

test.each([
  'prometheus.yml',
  'prometheus-short.yml',
])("alerts of %s's collectors stand among the exporter's", (file) => {
  const { scrape_configs } = parse(readFileSync(`prometheus/${file}`, 'utf8')) as {
    scrape_configs: { job_name: string }[]
  }
  const { panels } = all.find(({ file }) => file === 'alerts.json')!.dashboard
  const alerts = panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .find((expr) => /ALERTS/.test(expr))!
  const shown = new RegExp(`^(${/job=~"(.*?)"/.exec(alerts)![1]!.replace('$job', 'clickstream')})$`)
  const jobs = scrape_configs.map(({ job_name }) => job_name)
  expect(jobs.filter((job) => shown.test(job))).toStrictEqual(['clickstream', 'clickstream-collector'])
})

test('Grafana is given the data source that the dashboards begin with, and the folder they lie in', () => {
  const source = parse(readFileSync('grafana/provisioning/datasources/prometheus.yml', 'utf8')) as {
    datasources: { uid: string; type: string; isDefault: boolean }[]
  }
  expect(source.datasources).toMatchObject([{ type: 'prometheus', isDefault: true }])
  for (const { dashboard } of all) {
    const variable = dashboard.templating.list.find(({ name }) => name === 'datasource')
    expect(variable).toMatchObject({ type: 'datasource', query: 'prometheus' })
    expect(variable!.current!.value).toBe(source.datasources[0]!.uid)
  }
  const provider = parse(readFileSync('grafana/provisioning/dashboards/clickstream.yml', 'utf8')) as {
    providers: { options: { path: string } }[]
  }
  expect(provider.providers.map(({ options }) => options.path.split('/').at(-1))).toStrictEqual(['dashboards'])
})

function overlap({ gridPos: a }: PanelJson, { gridPos: b }: PanelJson): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}
