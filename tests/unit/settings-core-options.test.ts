import { expect, test } from 'vitest'
import { BUILT_IN_DIALECTS } from '../../consumer/contract/dialects.ts'
import { coreOptionsOf } from '../../consumer/core-options.ts'
import { RefusedMapping } from '../../consumer/mapping/mapping-file.ts'
import { DEFAULT_FUNNELS } from '../../consumer/settings/funnels.ts'
import { resolveSettings } from '../../consumer/settings/resolve.ts'
import { CORE_SETTINGS, type CoreSettings } from '../../consumer/settings/settings.ts'
import { someFiles } from '../e2e/command-run.ts'

function settingsOf(flags: Readonly<Record<string, string>>): CoreSettings {
  const resolution = resolveSettings(CORE_SETTINGS, {}, new Map(Object.entries(flags)), {})
  if ('faults' in resolution) throw new Error(resolution.faults.map(({ fix }) => fix).join('\n'))
  return resolution.settings
}

test('the settings by default are the options of the design', () => {
  expect(coreOptionsOf(settingsOf({}))).toEqual({
    dialect: 'auto',
    maxRecordBytes: 1_048_576,
    sessionKey: 'user',
    defaultCurrency: '',
    dedupeRows: false,
    numbersAsStrings: false,
    allowedLatenessMs: 600_000,
    futureToleranceMs: 300_000,
    aheadLimitMs: 300_000,
    aheadUsers: 3,
    sessionGapMs: 1_800_000,
    pages: [],
    maxPages: 100,
    funnels: DEFAULT_FUNNELS,
    keyEvents: ['purchase'],
    engagedAfterMs: 10_000,
    dropBots: false,
  })
})

test('a dialect by name is that dialect', () => {
  expect(coreOptionsOf(settingsOf({ dialect: 'rees46' })).dialect).toBe(BUILT_IN_DIALECTS.rees46)
})

test('pages are admitted under the label their events will have', () => {
  expect(coreOptionsOf(settingsOf({ pages: 'https://shop.example/home,/cart/,/product/17' })).pages).toEqual([
    '/home',
    '/cart',
    '/product/:id',
  ])
})

test('rows stand for their ids only where the command says so', () => {
  expect(coreOptionsOf(settingsOf({}), { dedupeRows: true }).dedupeRows).toBe(true)
})

test('a mapping is read from its file', () => {
  const [mapping] = someFiles({ 'map.yaml': 'fields: { userId: u, type: e, time: t }\n' }) as [string]
  expect(coreOptionsOf(settingsOf({ mapping })).dialect).toMatchObject({ name: 'custom', fields: { userId: 'u' } })
})

test('a mapping that cannot be used is refused with every fault', () => {
  const [mapping] = someFiles({ 'map.yaml': 'fields: { userId: u, type: e }\ntime: ms\n' }) as [string]
  const read = () => coreOptionsOf(settingsOf({ mapping }))
  expect(read).toThrow(RefusedMapping)
  expect(read).toThrow(/fields\.time .*:1\): is missing.*\ntime: "ms" .*:2\): write one of/)
})

test('a mapping that cannot be read is refused with the reason', () => {
  expect(() => coreOptionsOf(settingsOf({ mapping: import.meta.dirname }))).toThrow(
    'is a folder, name the YAML file in it',
  )
})
