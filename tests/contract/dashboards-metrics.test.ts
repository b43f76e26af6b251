import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dashboards } from '../../grafana/src/dashboards.ts'
import { recordingGroups } from '../../prometheus/src/files.ts'
import { PRODUCTION } from '../../prometheus/src/windows.ts'
import { spawnStart } from '../running-start.ts'
import { parseStrictly } from './strict-exposition.ts'

/** Made by Prometheus itself, for every target and every alert. */
const OF_PROMETHEUS = ['up', 'scrape_duration_seconds', 'scrape_samples_scraped', 'ALERTS']

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'by', 'without', 'on', 'ignoring'])

/** Names of the series that an expression asks for. */
function metricsIn(expr: string): string[] {
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\boffset \S+/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
  return [...bare.matchAll(/(?<![\w:$])[A-Za-z_:][\w:]*(?!\s*\()(?![\w:])/g)]
    .map(([name]) => name)
    .filter((name) => !KEYWORDS.has(name))
}

/** Names in the queries of panels, variables and marks, each with a place it stands at. */
function named(): Map<string, string> {
  const places = new Map<string, string>()
  for (const [file, { panels, templating, annotations }] of dashboards()) {
    for (const panel of panels!) {
      for (const { expr } of ('targets' in panel ? panel.targets! : []) as { expr?: string }[]) {
        for (const name of metricsIn(expr!)) places.set(name, `${file}: ${panel.title}`)
      }
    }
    for (const { definition, name } of templating!.list!) {
      const [, series] = /^label_values\((.*), \w+\)$/.exec(definition ?? '') ?? []
      if (series !== undefined) for (const metric of metricsIn(series)) places.set(metric, `${file}: variable ${name}`)
    }
    for (const { expr } of annotations!.list!) for (const name of metricsIn(expr!)) places.set(name, `${file}: marks`)
  }
  return places
}

test.each([
  ['sum by (le) (rate(a_total{x=~"b_total"}[5m] offset 5m))', ['a_total']],
  ['a:b:c / on (topic) group_left () (d > 0) - 1', ['a:b:c', 'd']],
  ['count (x unless max by (y) (z offset 15s)) or vector(0)', ['x', 'z']],
  ['label_replace({__name__=~"clickstream_.+"}, "metric", "$1", "__name__", "clickstream_(.+)")', []],
])('the series of %s are found', (expr, names) => {
  expect(metricsIn(expr)).toStrictEqual(names)
})

test('the dashboards ask for nothing that neither the exporter nor a rule nor Prometheus has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-dashboards-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const exporter = await spawnStart(['--data', folder, '--rate', '0', '--expected', 'on'])
  onTestFinished(async () => {
    await exporter.end('SIGKILL')
  })
  const families = parseStrictly(await (await fetch(`${exporter.url}/metrics`)).text())
  const exposed = [...families.values()].flatMap(({ name, type }) =>
    type === 'histogram' || type === 'summary' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name],
  )
  const recorded = recordingGroups(PRODUCTION).flatMap(({ rules }) => rules.map(({ record }) => record))
  const known = new Set([...exposed, ...recorded, ...OF_PROMETHEUS])
  const asked = named()
  expect(asked.size).toBeGreaterThan(50)
  expect([...asked].filter(([name]) => !known.has(name))).toStrictEqual([])
})
