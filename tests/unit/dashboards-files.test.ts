import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orNothing, rate, recorded, rise } from '../../grafana/src/queries.ts'
import { updateDashboards } from '../../scripts/dashboards.ts'

describe('the dashboard files', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clickstream-dashboards-'))
    updateDashboards(folder, { check: false })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('are written where there are none', () => {
    expect(readdirSync(folder).sort()).toStrictEqual([
      'alerts.json',
      'collector.json',
      'data-quality.json',
      'delivery.json',
      'overview.json',
    ])
    for (const name of readdirSync(folder)) {
      expect(JSON.parse(readFileSync(join(folder, name), 'utf8')).uid).toMatch(/^clickstream-/)
    }
    expect(updateDashboards(folder, { check: true }).exitCode).toBe(0)
  })

  test('that were changed by hand are reported, and written again', () => {
    const path = join(folder, 'overview.json')
    const before = readFileSync(path, 'utf8')
    writeFileSync(path, before.replace('Bounce Rate', 'Bounces'))
    expect(updateDashboards(folder, { check: true })).toStrictEqual({
      exitCode: 1,
      lines: ['overview.json: drifted, run node scripts/dashboards.ts'],
    })
    expect(updateDashboards(folder, { check: false }).lines).toContain('overview.json: written')
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  test('that no code makes are reported, and removed', () => {
    writeFileSync(join(folder, 'old.json'), '{}')
    expect(updateDashboards(folder, { check: true })).toStrictEqual({
      exitCode: 1,
      lines: ['old.json: made by no code, remove it or write its source in grafana/src'],
    })
    expect(updateDashboards(folder, { check: false }).lines).toContain('old.json: removed')
    expect(readdirSync(folder)).not.toContain('old.json')
  })
})

const CHOSEN = 'job="$job",group="$group",topic=~"$topic"'

describe('a query', () => {
  test.each([
    [recorded('sessions_open'), `partition:clickstream_sessions_open:max{${CHOSEN}}`],
    [rate('events'), `sum (rate(partition:clickstream_events:max{${CHOSEN}}[$window]))`],
    [
      rate('page_views', { by: 'page', where: 'page=~"$page"' }),
      `sum by (page) (rate(partition:clickstream_page_views:max{${CHOSEN},page=~"$page"}[$window]))`,
    ],
    [rise('revenue'), `sum (increase(partition:clickstream_revenue:max{${CHOSEN}}[$__range]))`],
    [
      rise('revenue', {}, true),
      `sum (increase(partition:clickstream_revenue:max{${CHOSEN}}[$__range] offset $__range))`,
    ],
    [orNothing('reason', 'x > 0'), 'x > 0 or on () label_replace(vector(0), "reason", "none", "", "")'],
  ])('takes the rate of partitions first and then the sum: %s', (query, text) => {
    expect(query).toBe(text)
  })
})
