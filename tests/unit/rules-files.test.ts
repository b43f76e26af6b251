import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { ruleFiles } from '../../prometheus/src/files.ts'
import { duration, PRODUCTION, SHORT } from '../../prometheus/src/windows.ts'
import { updateRules, webhookOf } from '../../scripts/rules.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('the rules that are here are those of the source', () => {
  const { exitCode, lines } = updateRules(ROOT, { check: true })
  expect([exitCode, lines]).toEqual([0, lines.map((line) => expect.stringMatching(/: up to date$/) && line)])
  expect(lines).toHaveLength(ruleFiles().size)
})

test('what drifted is named by a check and written otherwise', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-rules-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const missing = updateRules(folder, { check: true })
  expect([missing.exitCode, missing.lines[0]]).toEqual([
    1,
    'prometheus/rules/clickstream.yml: drifted, run node scripts/rules.ts',
  ])
  const written = updateRules(folder, { check: false })
  expect([written.exitCode, written.lines[0]]).toEqual([0, 'prometheus/rules/clickstream.yml: written'])
  expect(updateRules(folder, { check: true }).exitCode).toBe(0)

  const file = join(folder, 'prometheus/short/alerts.yml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('severity: page', 'severity: warning'))
  const drifted = updateRules(folder, { check: true })
  expect(drifted.lines.filter((line) => !line.endsWith('up to date'))).toEqual([
    'prometheus/short/alerts.yml: drifted, run node scripts/rules.ts',
  ])
  expect(drifted.exitCode).toBe(1)
})

test.for([
  [1, '1s'],
  [90, '1m30s'],
  [3_600, '1h'],
  [84_600, '23h30m'],
  [603_000, '6d23h30m'],
] as const)('%d seconds are %s', ([seconds, text]) => {
  expect(duration(seconds)).toBe(text)
})

test.for([
  ['production', PRODUCTION],
  ['short', SHORT],
] as const)('the %s windows keep their order, and none is shorter than two evaluations', ([, windows]) => {
  const { m5, m10, m15, m30, h1, h6, d1, d3, d7, interval } = windows
  const lengths = [2 * interval, m5, m10, m15, m30, h1, h6, d1, d3, d7]
  expect(lengths).toEqual(lengths.toSorted((one, other) => one - other))
})

test.for([undefined, '', 'hooks', 'ftp://example.org/'])('%j is refused as a webhook', (url) => {
  expect(() => webhookOf(url)).toThrow('give one such as http://127.0.0.1:9095/alerts')
})
