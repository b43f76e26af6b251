import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { alertmanagerConfig } from '../../prometheus/src/alertmanager.ts'
import { COUNTERS, HISTOGRAMS } from '../../prometheus/src/families.ts'
import { alertGroups, recordingGroups, ruleFiles } from '../../prometheus/src/files.ts'
import { LINKS } from '../../prometheus/src/links.ts'
import { PRODUCTION, SHORT } from '../../prometheus/src/windows.ts'
import { metricsTable } from '../../scripts/metrics-table.ts'
import { mustRun } from '../required-program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RECORDED = recordingGroups(PRODUCTION).flatMap(({ rules }) => rules)
const ALERTS = alertGroups(PRODUCTION).flatMap(({ rules }) => rules)
const RUNBOOK = readFileSync(join(ROOT, 'prometheus/runbook.md'), 'utf8')
const SECTIONS = new Map(
  RUNBOOK.split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
)

interface Metric {
  readonly name: string
  readonly labels: readonly string[]
}

/** The exporter's own list, read off the table in the README's words. */
const METRICS: readonly Metric[] = [...(await metricsTable()).matchAll(/^\| `(\w+)` \| \w+ \| (.*?) \|/gm)].map(
  ([, name, labels]) => ({ name: name!, labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!) }),
)
const NAMES = new Set([
  ...METRICS.flatMap(({ name }) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
  ...RECORDED.map(({ record }) => record),
  // Of Prometheus itself, and of every process.
  'up',
  'ALERTS',
  'process_start_time_seconds',
  'process_cpu_seconds_total',
])

/** The metrics an expression names: words that are neither functions, nor operators, nor labels. */
function metricsIn(expr: string): string[] {
  const bare = expr
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replaceAll(/\b(by|on|without|ignoring|group_left|group_right) *\([^)]*\)/g, ' ')
    .replaceAll(/\boffset +\w+/g, ' ')
  return [...bare.matchAll(/\b[a-z_][\w:]*(?! *\()\b/gi)]
    .map(([name]) => name)
    .filter((name) => !/^(and|or|unless|bool|by|on)$/.test(name) && !new RegExp(`\\b${name} *\\(`).test(bare))
    .filter((name) => !new RegExp(`\\b${name}\\b *(by|without)`).test(expr))
}

describe('every rule', () => {
  test.for([
    ...RECORDED.map(({ record, expr }) => [record, expr]),
    ...ALERTS.map(({ alert, expr }) => [alert, expr]),
  ])('%s is made of metrics that exist', ([, expr]) => {
    const named = metricsIn(expr!)
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((name) => !NAMES.has(name))).toEqual([])
  })

  test('that asks for other alerts names those that there are', () => {
    const asked = ALERTS.flatMap(({ expr }) =>
      [...expr.matchAll(/alertname=~"([^"]*)"/g)].flatMap(([, names]) => names!.split('|')),
    )
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((name) => !ALERTS.some(({ alert }) => alert === name))).toEqual([])
  })

  test('is named level:metric:operations', () => {
    expect(
      RECORDED.map(({ record }) => record).filter((name) => !/^(partition|topic|page):clickstream_\w+:\w+$/.test(name)),
    ).toEqual([])
  })

  test('has the same name in both sets, and differs in nothing but numbers and lengths of time', () => {
    const withoutNumbers = (value: object) => JSON.stringify(value).replaceAll(/\b(\d+[dhms])+\b|\b\d+(\.\d+)?\b/g, 'N')
    expect(recordingGroups(SHORT).map(withoutNumbers)).toEqual(recordingGroups(PRODUCTION).map(withoutNumbers))
    expect(alertGroups(SHORT).map(withoutNumbers)).toEqual(alertGroups(PRODUCTION).map(withoutNumbers))
    expect(RECORDED.filter(({ expr }) => /\[\d+s\]/.test(expr))).toEqual([])
  })

  test('that takes the greatest of a partition keeps the labels of the exporter', () => {
    const ofPartition = METRICS.slice(
      0,
      METRICS.findIndex(({ name }) => name === 'clickstream_sessions_open'),
    )
    expect(
      [
        ...Object.entries(COUNTERS).map(([name, labels]) => ({
          name: `clickstream_${name}_total`,
          labels: [...labels],
        })),
        ...HISTOGRAMS.map((name) => ({ name: `clickstream_${name}`, labels: [] })),
      ].toSorted(byName),
    ).toEqual(ofPartition.toSorted(byName))
  })
})

const byName = (one: Metric, other: Metric): number => one.name.localeCompare(other.name)

describe('every alert', () => {
  test('waits, says how grave it is, and tells what, where to look and what to do', () => {
    for (const { alert, for: waits, labels, annotations } of ALERTS) {
      expect([alert, waits]).toEqual([alert, expect.stringMatching(/^\d+[ms]/)])
      expect([alert, labels.severity, labels.kind]).toEqual([
        alert,
        expect.stringMatching(/^(page|warning)$/),
        expect.stringMatching(/^(behaviour|data|pipeline)$/),
      ])
      expect(annotations).toEqual({
        summary: expect.stringMatching(/\.$/),
        description: expect.stringMatching(/\.$/),
        dashboard_url: expect.stringMatching(/^http:\/\/[\w.:]+\/d\/clickstream-/),
        runbook_url: `${LINKS.runbook}#${alert.toLowerCase()}`,
      })
    }
  })

  test('has a section in the runbook, and every section an alert', () => {
    expect([...SECTIONS.keys()].toSorted()).toEqual([...new Set(ALERTS.map(({ alert }) => alert))].toSorted())
  })

  test.for([...SECTIONS])('%s is explained in five parts, with queries on metrics that exist', ([, text]) => {
    const parts = [...text.matchAll(/^\*\*(.+?)\*\*/gm)].map(([, part]) => part)
    expect(parts).toEqual(['What it means.', 'First look.', 'Likely causes.', 'What to do.', 'False alarm?'])
    const queries = [...text.matchAll(/```promql\n(.*?)```/gs)].flatMap(([, block]) => block!.trim().split('\n'))
    expect(queries.length).toBeGreaterThan(0)
    for (const query of queries)
      expect([query, metricsIn(query).filter((name) => !NAMES.has(name))]).toEqual([query, []])
  })
})

describe('what is generated', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-rules-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.for(
    [...ruleFiles().keys()].filter((path) => path.startsWith('prometheus/')),
  )('%s is clean for promtool', (path, { skip }) => {
    if (!mustRun('promtool')) return skip('promtool is not installed')
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', '--lint-fatal', join(ROOT, path)], {
      encoding: 'utf8',
    })
    expect([status, stderr, stdout]).toEqual([0, '', expect.stringMatching(/SUCCESS: \d+ rules found/)])
  })

  test.for([
    'prometheus/prometheus.yml',
    'prometheus/prometheus-short.yml',
  ])('is what the configuration %s names', (path, { skip }) => {
    if (!mustRun('promtool')) return skip('promtool is not installed')
    const config = join(ROOT, path)
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', config], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('2 rule files found')
  })

  test.for([
    ['as it is', undefined],
    ['with a webhook', 'http://127.0.0.1:9095/alerts'],
  ] as const)('is clean for amtool %s', ([, webhook], { skip }) => {
    if (!mustRun('amtool')) return skip('amtool is not installed')
    const file = join(folder, 'alertmanager.yml')
    writeFileSync(file, alertmanagerConfig(webhook))
    const { status, stdout } = spawnSync('amtool', ['check-config', file], { encoding: 'utf8' })
    expect([status, stdout]).toEqual([0, expect.stringMatching(/SUCCESS.*5 inhibit rules.*1 receivers/s)])
    const route = spawnSync('amtool', ['config', 'routes', 'test', `--config.file=${file}`, 'severity=page'], {
      encoding: 'utf8',
    })
    expect(route.stdout.trim()).toBe(webhook === undefined ? 'nobody' : 'webhook')
  })
})
