import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { EVENT_TYPES } from '../../consumer/contract/click-event.ts'
import { DROP_REASONS, REJECT_REASONS } from '../../consumer/contract/outcome.ts'
import { DISORDERS, type Disorder } from '../../consumer/settings/disorders.ts'
import { SCENARIOS } from '../../consumer/settings/scenario-names.ts'
import { SETTINGS } from '../../consumer/settings/settings.ts'
import { metricsTable } from '../../scripts/metrics-table.ts'
import { disordered, outcomesOf } from './faults-sent.ts'

const page = readFileSync(new URL('../../docs/scenarios.md', import.meta.url), 'utf8')

/** What the page says a label's value can be, where the program has a list of them. */
const VALUES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  clickstream_events_total: { event: EVENT_TYPES },
  clickstream_sessions_with_event_total: { event: EVENT_TYPES },
  clickstream_events_dropped_total: { reason: DROP_REASONS },
  clickstream_records_rejected_total: { reason: REJECT_REASONS },
}

const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
)

const kinds = new Map(
  [...page.matchAll(/^\| `(\w+)` \| .* \| (.*) \|$/gm)].map(([, kind, counted]) => [kind!, counted!] as const),
)

const reasonsIn = (text: string): string[] => [...text.matchAll(/reason="(\w+)"/g)].map(([, reason]) => reason!).sort()

describe('docs/scenarios.md', () => {
  const labelsOf = new Map<string, string[]>()
  beforeAll(async () => {
    for (const [, name, labels] of (await metricsTable()).matchAll(/^\| `(\w+)` \| \w+ \| (.*?) \|/gm))
      labelsOf.set(
        name!,
        [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
      )
  })

  test('has a section for every scenario, and no other, in the order of the program', () => {
    expect([...sections.keys()]).toStrictEqual([...SCENARIOS])
  })

  test.each(SCENARIOS)('%s: a command line, what it shows in and what it leaves alone', (name) => {
    const section = sections.get(name)!
    expect(section).toMatch(new RegExp(`^npm run producer -- --scenario ${name} --at \\d+s --for \\d+s$`, 'm'))
    expect(section).toMatch(/^- \*\*Shows in\*\* `clickstream_/m)
    expect(section).toMatch(/^- \*\*Leaves alone\*\* /m)
  })

  test('names only metrics and labels that the exporter has', () => {
    const named = [...page.matchAll(/(clickstream_\w+)(?:\{(\w+)="([^"]*)"\})?/g)]
    expect(named.length).toBeGreaterThan(40)
    for (const [text, metric, label, value] of named) {
      expect([text, labelsOf.has(metric!)]).toStrictEqual([text, true])
      if (label === undefined || label === 'partition') continue
      expect([text, labelsOf.get(metric!)]).toStrictEqual([text, expect.arrayContaining([label])])
      const known = VALUES[metric!]?.[label]
      if (known !== undefined) expect([text, known]).toStrictEqual([text, expect.arrayContaining([value])])
    }
  })

  test('names only flags that there are', () => {
    const flags = new Set(Object.values(SETTINGS).map(({ flag }) => flag))
    for (const [, flag] of page.matchAll(/--([a-z][a-z-]+)/g))
      expect([flag, flags.has(flag!)]).toStrictEqual([flag, true])
  })

  test('has a row for every kind of disorder, and no other', () => {
    expect([...kinds.keys()]).toStrictEqual([...DISORDERS])
  })

  test.each(
    DISORDERS.filter((kind): kind is Exclude<Disorder, 'bot'> => kind !== 'bot'),
  )('%s leads to the reasons that the page gives, to each of them, and to no other', (kind) => {
    const reasons = new Set(outcomesOf(disordered({ disorder: { [kind]: 0.3 }, count: 20_000 }).sent))
    reasons.delete('accepted')
    expect([...reasons].sort()).toStrictEqual(reasonsIn(kinds.get(kind)!))
  })
})
