import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { OUTCOMES } from '../../consumer/contract/outcome.ts'
import { NONE } from '../../consumer/core/label-table.ts'
import { pageLabel } from '../../consumer/core/page-label.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import { coreOptionsOf } from '../../consumer/core-options.ts'
import { resolveSettings } from '../../consumer/settings/resolve.ts'
import { CORE_SETTINGS } from '../../consumer/settings/settings.ts'

const definitions = readFileSync(new URL('../../docs/definitions.md', import.meta.url), 'utf8')

/** The cells of the table that stands under the header, row by row. */
function rowsUnder(header: string): string[][] {
  const after = definitions.slice(definitions.indexOf(header) + header.length)
  const rows = after.slice(0, after.indexOf('\n\n')).split('\n').slice(2)
  return rows.map((row) => row.split('|').map((cell) => cell.trim()))
}

function defaultPipeline(): Pipeline {
  const resolution = resolveSettings(CORE_SETTINGS, {}, new Map(), {})
  if ('faults' in resolution) throw new Error('the defaults have faults')
  return new Pipeline(coreOptionsOf(resolution.settings))
}

const at = (time: string): number => Date.parse(`2024-06-15T${time}Z`)

/** By the default options, the embedded log's stamps and an event of a user of their own each. */
function processAt(pipeline: Pipeline, user: string, eventTimeMs: number, logTimeMs: number, action = 'view'): string {
  const event = { user_id: user, action, timestamp: eventTimeMs / 1000 }
  const bytes = Buffer.from(JSON.stringify(event))
  return OUTCOMES[pipeline.process(bytes, 0, bytes.length, logTimeMs, true)]!
}

describe('the examples of docs/definitions.md', () => {
  test.each(rowsUnder('| page as sent | label |'))('%s the page %s has the label %s', (_, pages, label) => {
    for (const [, page] of pages!.matchAll(/`(.*?)`/g)) expect(`\`${pageLabel(page!) || NONE}\``).toBe(label)
  })

  test.each(
    rowsUnder('| event time | log time | what becomes of it |'),
  )('%s an event of %s that the log got at %s is %s', (_, eventTime, logTime, fate) => {
    const pipeline = defaultPipeline()
    processAt(pipeline, 'first', at('12:00:00'), at('12:00:00'))
    const outcome = processAt(pipeline, 'second', at(eventTime!), at(logTime!))
    expect(fate).toContain(outcome)
    const moved = /stream time becomes ([\d:.]+\d)/.exec(fate!)?.[1] ?? '12:00:00'
    if (!fate!.startsWith('accepted: exactly')) expect(pipeline.state.clock.streamTimeMs).toBe(at(moved))
  })

  test.each(
    rowsUnder('| a session | `single_page` | `no_interaction` | `ga4` |'),
  )('%s %s', (_, session, ...bounces) => {
    const pipeline = defaultPipeline()
    for (const [action, seconds] of EVENTS_OF[session!]!) {
      processAt(pipeline, 'visitor', at('12:00:00') + seconds * 1000, at('13:00:00'), action)
    }
    pipeline.closeAll()
    expect([...pipeline.state.counters.closed.values]).toEqual([1])
    expect([...pipeline.state.counters.bounced.values]).toEqual(bounces.slice(0, 3).map((cell) => (cell ? 1 : 0)))
  })
})

const EVENTS_OF: Readonly<Record<string, readonly (readonly [action: string, seconds: number])[]>> = {
  'one page view': [['view', 0]],
  'one page view, a scroll after 5 s': [
    ['view', 0],
    ['scroll', 5],
  ],
  'one page view, a scroll after exactly 10 s': [
    ['view', 0],
    ['scroll', 10],
  ],
  'one page view, a scroll after 11 s': [
    ['view', 0],
    ['scroll', 11],
  ],
  'one page view, a purchase after 2 s': [
    ['view', 0],
    ['purchase', 2],
  ],
  'two page views within 3 s': [
    ['view', 0],
    ['view', 3],
  ],
  'one click, no page view': [['click', 0]],
}
