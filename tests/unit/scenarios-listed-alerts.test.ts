import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SCENARIOS } from '../../consumer/settings/scenario-names.ts'
import { alertGroups } from '../../prometheus/src/files.ts'
import { SHORT } from '../../prometheus/src/windows.ts'
import { listedAlerts, patternText } from '../scenarios/listed-alerts.ts'

const KNOWN = new Set(['BadData', 'PaymentSlow', 'TrafficAnomaly'])

const listed = (page: string): string[] => listedAlerts(page, ['late-burst'], KNOWN).get('late-burst')!.map(patternText)

const aPage = (line: string): string => `# Scenarios\n\n### late-burst\n\nWords.\n\n${line}\n- **Shows in** much.\n`

test.each([
  ['none', '- **Alerts**: none.', []],
  ['one', '- **Alerts**: `PaymentSlow`.', ['PaymentSlow']],
  ['one of several of its name', '- **Alerts**: `BadData{reason="late"}`.', ['BadData{reason="late"}']],
  [
    'several, over two lines',
    '- **Alerts**: `PaymentSlow`,\n  `TrafficAnomaly{direction="drop"}`.',
    ['PaymentSlow', 'TrafficAnomaly{direction="drop"}'],
  ],
  ['nothing of what is said behind the full stop', '- **Alerts**: none. `PaymentSlow` is for others.', []],
])('a page lists %s', (_, line, alerts) => {
  expect(listed(aPage(line))).toStrictEqual(alerts)
})

test('a list belongs to its own section', () => {
  const page = `${aPage('- **Alerts**: none.')}### poison-clock\n\n- **Alerts**: \`PaymentSlow\`.\n## More\n`
  const both = listedAlerts(page, ['late-burst', 'poison-clock'], KNOWN)
  expect([...both].map(([name, patterns]) => [name, patterns.map(patternText)])).toStrictEqual([
    ['late-burst', []],
    ['poison-clock', ['PaymentSlow']],
  ])
})

test.each([
  ['a section that is missing', '# Scenarios\n', 'late-burst: there is no such heading, add one'],
  ['a missing line', aPage(''), 'late-burst: write one line "**Alerts**:"'],
  ['two lines', aPage('- **Alerts**: none.\n- **Alerts**: none.'), 'late-burst: write one line "**Alerts**:"'],
  ['an empty list', aPage('- **Alerts**: .'), '"" is no alert, write `Name` or `Name{label="value"}`'],
  ['an alert without backticks', aPage('- **Alerts**: BadData.'), '"BadData" is no alert, write `Name`'],
  ['an alert that no rule has', aPage('- **Alerts**: `Late`.'), 'no rule is named Late, write one of BadData, '],
])('%s is refused, with the place and what to write', (_, page, message) => {
  expect(() => listed(page)).toThrow(message)
})

test('docs/scenarios.md lists the alerts of every scenario', () => {
  const page = readFileSync(new URL('../../docs/scenarios.md', import.meta.url), 'utf8')
  const known = new Set(alertGroups(SHORT).flatMap(({ rules }) => rules.map(({ alert }) => alert)))
  const all = listedAlerts(page, SCENARIOS, known)
  expect([...all.keys()]).toStrictEqual([...SCENARIOS])
  expect([...all.values()].flat().length).toBeGreaterThan(5)
})
