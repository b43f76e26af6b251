import { describe, expect, test } from 'vitest'
import { verify } from '../../commands/commands.ts'
import { describeFault, RefusedSettings } from '../../consumer/settings/fault.ts'
import { oracleOptionsOf } from '../../producer/oracle-options.ts'

/** The oracle's options for these flags of a command that takes the core's settings. */
function optionsFor(...flags: string[]) {
  const parsed = verify.parse(flags, {})
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  return oracleOptionsOf(parsed.settings, { appendTime: true })
}

describe('the oracle judges by', () => {
  test.each<[flag: string, value: string, options: object]>([
    ['--session-gap', '5m', { gapMs: 300_000 }],
    ['--allowed-lateness', 'unlimited', { allowedLatenessMs: Number.POSITIVE_INFINITY }],
    ['--future-tolerance', '1s', { futureToleranceMs: 1_000 }],
    ['--ahead-limit', '2s', { aheadMs: 2_000 }],
    ['--ahead-users', '7', { aheadUsers: 7 }],
    ['--session-key', 'session', { sessionKey: 'session' }],
    ['--engaged-after', '4s', { engagedAfterMs: 4_000 }],
    ['--key-events', 'search,click', { keyEvents: ['search', 'click'] }],
    ['--dialect', 'rees46', { dialect: 'rees46' }],
    ['--max-record-bytes', '2KiB', { maxRecordBytes: 2_048 }],
    ['--drop-bots', 'on', { dropBots: true }],
    ['--default-currency', 'EUR', { defaultCurrency: 'EUR' }],
    ['--pages', '/a,/b', { pages: ['/a', '/b'] }],
    ['--max-pages', '3', { maxPages: 3 }],
  ])('%s %s', (flag, value, options) => {
    expect(optionsFor(flag, value)).toMatchObject(options)
    expect(optionsFor()).not.toMatchObject(options)
  })
})

test('a mapping of one’s own is refused: there are no rules to judge it by', () => {
  expect(() => optionsFor('--mapping', 'own.yaml')).toThrow(RefusedSettings)
  expect(() => optionsFor('--mapping', 'own.yaml')).toThrow(
    describeFault({
      setting: 'mapping',
      value: 'own.yaml',
      fix: 'expected totals are known for the built-in dialects only, leave the mapping out',
    }),
  )
})
