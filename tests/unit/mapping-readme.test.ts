import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Describer } from '../../consumer/contract/describe.ts'
import { EVENT_FIELDS } from '../../consumer/contract/dialects.ts'
import { pageLabel } from '../../consumer/core/page-label.ts'
import { parseMapping } from '../../consumer/mapping/custom-dialect.ts'
import { describeFault } from '../../consumer/settings/fault.ts'

const readme = readFileSync(new URL('../../consumer/mapping/README.md', import.meta.url), 'utf8')

/** The text of the README's code blocks of a language, in order. */
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!)

const [mapping] = blocks('yaml')
const [record, event] = blocks('json')

function mappedByTheReadme() {
  const parsed = parseMapping(mapping!, 'mapping.yaml')
  if ('faults' in parsed) throw new Error(parsed.faults.map(describeFault).join('\n'))
  const bytes = Buffer.from(record!)
  const { dialect } = parsed
  const reading = { dialect, maxRecordBytes: 1024, numbersAsStrings: false }
  const judging = { sessionKey: 'user', defaultCurrency: '', dedupeRows: false } as const
  return new Describer({ ...reading, ...judging }).describe(bytes, 0, bytes.length).event
}

test('the mapping of the README makes of its record the event it shows', () => {
  expect(mappedByTheReadme()).toEqual(JSON.parse(event!))
})

test('the page of the README has the label it names', () => {
  expect(readme).toContain(`under the label \`${pageLabel(mappedByTheReadme().page!)}\``)
})

test('the fault of the README is the one that its slip gives', () => {
  const slip = mapping!.replace('time: milliseconds', 'time: millis')
  const parsed = parseMapping(slip, 'mapping.yaml')
  expect('faults' in parsed && parsed.faults.map(describeFault)).toHaveLength(1)
  expect(readme).toContain('faults' in parsed ? describeFault(parsed.faults[0]!) : 'a fault')
})

test('the README explains every field and no other', () => {
  const table = readme.slice(readme.indexOf('| field |'))
  const explained = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names]) => names!.match(/\w+/g))
  expect(explained.toSorted()).toEqual(EVENT_FIELDS.toSorted())
})
