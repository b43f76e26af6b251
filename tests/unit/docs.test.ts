import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DROP_REASONS, REJECT_REASONS } from '../../consumer/contract/outcome.ts'
import { isSecret, isTree, type Setting } from '../../consumer/settings/entry.ts'
import { SETTINGS } from '../../consumer/settings/settings.ts'
import { configurationTable } from '../../scripts/configuration-table.ts'
import { dialectsTable } from '../../scripts/dialects-table.ts'
import { driftedSections, type Section, updateFile, withSections } from '../../scripts/docs.ts'
import { metricsTable } from '../../scripts/metrics-table.ts'
import { reasonsTable } from '../../scripts/reasons-table.ts'

const fruit: Section = { name: 'fruit', render: () => '- apple $& $1\n' }
const trees: Section = { name: 'trees', render: () => '- oak' }

const document = `# Title
<!-- generated:fruit -->
- old
<!-- /generated:fruit -->
between
<!-- generated:trees --><!-- /generated:trees -->
end
`

const written = `# Title
<!-- generated:fruit -->

- apple $& $1

<!-- /generated:fruit -->
between
<!-- generated:trees -->

- oak

<!-- /generated:trees -->
end
`

describe('generated sections', () => {
  test('are written between their marks, and nothing else changes', () => {
    expect(withSections(document, [fruit, trees])).toBe(written)
  })

  test('stay as they are once written', () => {
    expect(withSections(written, [fruit, trees])).toBe(written)
    expect(driftedSections(written, [fruit, trees])).toEqual([])
  })

  test('that drifted are named', () => {
    expect(driftedSections(written.replace('oak', 'elm'), [fruit, trees])).toEqual(['trees'])
  })

  test.each<[what: string, document: string, message: string]>([
    ['no mark', '# Title', '<!-- generated:fruit --> is missing, put it where the section belongs'],
    [
      'no closing mark',
      '<!-- generated:fruit -->',
      '<!-- /generated:fruit --> is missing after <!-- generated:fruit -->',
    ],
    [
      'the same mark twice',
      '<!-- generated:fruit --><!-- /generated:fruit --><!-- generated:fruit -->',
      '<!-- generated:fruit --> stands there twice, take one out',
    ],
    [
      'a mark nobody fills',
      '<!-- generated:friut -->',
      '<!-- generated:friut --> names no section, take it out or add the section',
    ],
  ])('are refused with %s', (_, text, message) => {
    expect(() => withSections(text, [fruit])).toThrow(message)
  })
})

describe('a file with generated sections', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'docs-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is only compared by a check, then rewritten, then up to date', () => {
    const path = join(folder, 'README.md')
    writeFileSync(path, document)
    const update = (check: boolean) => updateFile(path, [fruit, trees], { check })

    expect(update(true)).toEqual({ exitCode: 1, line: `${path}: fruit, trees drifted, run npm run docs` })
    expect(readFileSync(path, 'utf8')).toBe(document)
    expect(update(false)).toEqual({ exitCode: 0, line: `${path}: fruit, trees written` })
    expect(readFileSync(path, 'utf8')).toBe(written)
    expect(update(true)).toEqual({ exitCode: 0, line: `${path}: up to date` })
  })

  test('that is missing or lacks a mark fails with a line that says so', () => {
    const missing = join(folder, 'NONE.md')
    expect(updateFile(missing, [fruit], { check: true })).toEqual({
      exitCode: 1,
      line: `${missing}: there is no such file, write it with the marks in it`,
    })
    const bare = join(folder, 'BARE.md')
    writeFileSync(bare, '# Title\n')
    expect(updateFile(bare, [fruit], { check: false }).exitCode).toBe(1)
  })
})

describe('the configuration table', () => {
  const rows = configurationTable().split('\n')

  test('has a row for every setting', () => {
    for (const setting of Object.values<Setting<unknown>>(SETTINGS)) {
      const flag = isSecret(setting) ? 'in the environment only' : `\`--${setting.flag}\``
      const label = isTree(setting) ? `\`${setting.flag}:\`` : `${flag} | \`${setting.env}\` |`
      expect(rows.filter((row) => row.startsWith(`| ${label}`))).toHaveLength(1)
    }
  })

  test('has five cells in every row', () => {
    const cells = rows.filter((row) => row.startsWith('|')).map((row) => row.split(/(?<!\\)\|/).length - 2)
    expect(new Set(cells)).toEqual(new Set([5]))
  })

  test.each([
    [
      '--allowed-lateness',
      '`10m` (start `5s`, profile `unlimited`, report `unlimited`, inspect `unlimited`) | all but pageviews',
    ],
    ['--session-gap', '`30m` (start `30s`) | all but pageviews'],
    ['--dedupe-rows', '`off` | report'],
    ['--dialect', '`auto` | all but pageviews'],
    ['--topic', '`user-events` (pageviews `wm_pageviews`, profile none, inspect none) | all but report, verify'],
    ['--brokers', '`localhost:9092` (verify none) | consumer, producer, collector, replay, profile, inspect, verify'],
    ['--limit', ' | replay, pageviews, profile'],
    ['--mapping', ' | all but pageviews'],
    ['--config', ' | all'],
  ])('shows the defaults of %s by command', (flag, cells) => {
    expect(rows.find((row) => row.includes(`\`${flag}\``))).toContain(`| ${cells} |`)
  })

  test('shows underscores as such', () => {
    expect(rows.find((row) => row.includes('`--max-pages`'))).toContain('\\_\\_other\\_\\_')
  })
})

describe('the metrics table', () => {
  test.each([
    [
      'a counter of the log, without the labels all of them have',
      '| `clickstream_page_views_total` | counter | `page` |',
    ],
    ['a gauge of the log', '| `clickstream_sessions_open` | gauge |  |'],
    ['a metric of the process with all its labels', '| `clickstream_commits_total` | counter | `group`, `topic` |'],
    ['a histogram that lives elsewhere', '| `clickstream_event_lag_seconds` | histogram | `group`, `topic` |'],
    ['a classic name', '| `page_views_total` | counter | `page` |'],
    ['the Node process in a line', '`nodejs_*` and `process_*`'],
  ])('has %s', async (_, text) => {
    expect(await metricsTable()).toContain(text)
  })

  test('names no metric twice', async () => {
    const names = [...(await metricsTable()).matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(30)
    expect(new Set(names).size).toBe(names.length)
  })
})

test('the reasons table has every reason once, with what to do', () => {
  const reasons = [...DROP_REASONS, ...REJECT_REASONS]
  const rows = reasonsTable().split('\n').slice(2)
  expect(rows.map((row) => /^\| `(\w+)` \| (?:dropped|rejected) \| .{20,} \|$/.exec(row)?.[1])).toEqual(reasons)
})

test('the dialects table says where a dialect has a field, and nothing where it has none', () => {
  expect(dialectsTable()).toContain('| `time` | `timestamp` | `timestamp` | `event_ts` | `event_time` |')
  expect(dialectsTable()).toContain('| `page` | `page` | `properties.page` | `page` |  |')
})
