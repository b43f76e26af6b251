import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { COMMANDS } from '../../commands/commands.ts'
import type { EventType } from '../../consumer/contract/click-event.ts'
import type { Funnel } from '../../consumer/core/funnel.ts'
import { isTree, type Setting } from '../../consumer/settings/entry.ts'
import { describeFault } from '../../consumer/settings/fault.ts'
import { DEFAULT_FUNNELS } from '../../consumer/settings/funnels.ts'
import { type Environment, resolveSettings } from '../../consumer/settings/resolve.ts'
import {
  CORE_SETTINGS,
  type CoreSettings,
  EMBEDDED_LOG_SETTINGS,
  SERVICE_SETTINGS,
  SETTINGS,
  type SettingName,
} from '../../consumer/settings/settings.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const ALL = (Object.keys(SETTINGS) as SettingName[]).filter((name) => name !== 'config')

interface Given {
  flags?: Record<string, string | true>
  env?: Environment
  yaml?: string
}

function resolve({ flags = {}, env = {}, yaml }: Given, names: readonly SettingName[] = ALL) {
  const given = new Map(Object.entries(flags))
  if (yaml !== undefined) {
    writeFileSync(join(folder, 'settings.yaml'), yaml)
    given.set('config', join(folder, 'settings.yaml'))
  }
  return resolveSettings(names, {}, given, env)
}

function settingsOf(given: Given) {
  const resolution = resolve(given)
  if ('faults' in resolution) throw new Error(resolution.faults.map(describeFault).join('\n'))
  return resolution.settings
}

function faultsOf(given: Given, names?: readonly SettingName[]): string[] {
  const resolution = resolve(given, names)
  return 'faults' in resolution
    ? resolution.faults.map((fault) => describeFault(fault).replaceAll(`${folder}/`, ''))
    : []
}

describe('the table', () => {
  test('has defaults that are valid', () => {
    expect(faultsOf({})).toEqual([])
  })

  test('gives core settings as plain data', () => {
    const resolution = resolveSettings(CORE_SETTINGS, {}, new Map(), {})
    expect(resolution).toEqual({
      given: new Set(),
      settings: {
        sessionGapMs: 1_800_000,
        allowedLatenessMs: 600_000,
        sessionKey: 'user',
        futureToleranceMs: 300_000,
        aheadLimitMs: 300_000,
        aheadUsers: 3,
        engagedAfterMs: 10_000,
        keyEvents: ['purchase'],
        dialect: 'auto',
        mapping: undefined,
        maxRecordBytes: 1_048_576,
        dropBots: false,
        defaultCurrency: '',
        pages: [],
        maxPages: 100,
        funnels: DEFAULT_FUNNELS,
      },
    })
  })

  test('gives service settings with undefined for what is off', () => {
    const resolution = resolveSettings([...SERVICE_SETTINGS, ...EMBEDDED_LOG_SETTINGS], {}, new Map(), {
      IDLE_ADVANCE: 'off',
      SUMMARY_INTERVAL: '0',
      LOG_FILE: 'none',
    })
    expect(resolution).toEqual({
      given: new Set(['idleAfterMs', 'summaryIntervalMs', 'logFile']),
      settings: {
        idleAfterMs: undefined,
        classicMetrics: false,
        data: './data',
        partitions: 1,
        group: 'clickstream-exporter',
        topic: 'user-events',
        retentionBytes: 1_073_741_824,
        snapshotIntervalMs: 30_000,
        host: '127.0.0.1',
        port: 8_000,
        summaryIntervalMs: undefined,
        logFile: undefined,
        logLevel: 'info',
        logRotateBytes: 10_485_760,
        logKeep: 5,
      },
    })
  })

  test('gives each setting its own type', () => {
    expectTypeOf<CoreSettings['allowedLatenessMs']>().toEqualTypeOf<number>()
    expectTypeOf<CoreSettings['sessionKey']>().toEqualTypeOf<'user' | 'session'>()
    expectTypeOf<CoreSettings['mapping']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<CoreSettings['keyEvents']>().toEqualTypeOf<readonly EventType[]>()
    expectTypeOf<CoreSettings['funnels']>().toEqualTypeOf<readonly Funnel[]>()
    expectTypeOf<'port'>().not.toExtend<keyof CoreSettings>()
  })

  test('names every variable once, and no flag twice for one command', () => {
    const settings: Setting<unknown>[] = Object.values(SETTINGS)
    const variables = settings.flatMap((setting) => (isTree(setting) ? [] : [setting.env]))
    expect(new Set(variables).size).toBe(variables.length)
    for (const { settings: taken } of COMMANDS) {
      expect(new Set(taken.map((name) => SETTINGS[name].flag)).size).toBe(taken.length)
    }
  })

  test('names variables after their flags', () => {
    expect(SETTINGS.maxRecordBytes.env).toBe('MAX_RECORD_BYTES')
    expect(SETTINGS.config.env).toBe('CONFIG_FILE')
  })

  test('says which settings are given, and not left to their defaults', () => {
    const { given } = resolve({ flags: { port: '1' }, env: { RATE: '0', SEED: '' }, yaml: 'funnels: {}\nhost: [a]' })
    expect(given).toEqual(new Set(['port', 'ratePerSecond', 'funnels', 'host']))
  })

  test('keeps clear of COLUMNS, where shells put the width of the terminal', () => {
    expect(settingsOf({ env: { COLUMNS: '120' } }).columns).toBeUndefined()
    expect(settingsOf({ env: { CSV_COLUMNS: 'user_id,time' } }).columns).toEqual(['user_id', 'time'])
  })
})

describe('precedence', () => {
  const yaml = 'session-gap: 1m\n'
  const env = { SESSION_GAP: '2m' }
  const flags = { 'session-gap': '3m' }

  test.each<[winner: string, Given, minutes: number]>([
    ['the default', {}, 30],
    ['the file over the default', { yaml }, 1],
    ['the environment over the file', { yaml, env }, 2],
    ['the flag over all', { yaml, env, flags }, 3],
  ])('%s', (_, given, minutes) => {
    expect(settingsOf(given).sessionGapMs).toBe(minutes * 60_000)
  })

  test('an empty variable counts as not set', () => {
    expect(settingsOf({ yaml, env: { SESSION_GAP: '' } }).sessionGapMs).toBe(60_000)
  })

  test('what a stronger source overrides is not judged', () => {
    expect(settingsOf({ yaml: 'session-gap: soon', flags }).sessionGapMs).toBe(180_000)
  })

  test('a command default gives way to every source', () => {
    const own = { sessionGapMs: '30s' }
    const gap = (env: Environment) => resolveSettings(['sessionGapMs'], own, new Map(), env)
    expect(gap({})).toMatchObject({ settings: { sessionGapMs: 30_000 } })
    expect(gap({ SESSION_GAP: '2m' })).toMatchObject({ settings: { sessionGapMs: 120_000 } })
  })

  test('the file named by the flag wins over the one named by CONFIG_FILE', () => {
    expect(settingsOf({ yaml, env: { CONFIG_FILE: '/nowhere' } }).sessionGapMs).toBe(60_000)
  })
})

describe('the configuration file', () => {
  test('takes every kind of value', () => {
    const settings = settingsOf({
      yaml: [
        'allowed-lateness: unlimited',
        'max-pages: 7',
        'drop-bots: true',
        "port: '9000'",
        'rate: 0.5',
        'pages: [/home, "/a,b", &cart /cart]',
        'key-events: purchase, checkout',
        'log-file: none',
        'data: *cart',
        'columns:',
        '  - user_id',
        '  - 2',
      ].join('\n'),
    })
    expect(settings).toMatchObject({
      allowedLatenessMs: Number.POSITIVE_INFINITY,
      maxPages: 7,
      dropBots: true,
      port: 9_000,
      ratePerSecond: 0.5,
      pages: ['/home', '/a,b', '/cart'],
      keyEvents: ['purchase', 'checkout'],
      logFile: undefined,
      data: '/cart',
      columns: ['user_id', '2'],
    })
  })

  test('takes funnels', () => {
    const { funnels } = settingsOf({ yaml: 'funnels:\n  signup:\n    - { event: page_view, page: /signup }\n' })
    expect(funnels).toEqual([{ name: 'signup', steps: [{ name: 'page_view', event: 'page_view', page: '/signup' }] }])
  })

  test('may be empty', () => {
    expect(settingsOf({ yaml: '# nothing yet\n' }).port).toBe(8_000)
  })

  test('may hold the settings of other commands', () => {
    expect(faultsOf({ yaml: 'port: 9000\nsession-gap: 1m' }, ['sessionGapMs'])).toEqual([])
  })

  test.each<[what: string, yaml: string, faults: string[]]>([
    [
      'a key that does not exist',
      'port: 9000\nsesion_gap: 30s',
      ['"sesion_gap" (settings.yaml:2): there is no such setting, take it out (did you mean session-gap?)'],
    ],
    [
      'a bad value',
      '\n\nport: http',
      ['port: "http" (settings.yaml:3): write a port from 1 to 65535, or 0 for any free one'],
    ],
    [
      'a number as it is written',
      'max-pages: 1e2',
      ['max-pages: "1e2" (settings.yaml:1): write a whole number from 0 to 10000'],
    ],
    [
      'a plain number for a duration',
      'session-gap: 30',
      ['session-gap: "30" (settings.yaml:1): has no unit, write 30s'],
    ],
    ['no value', 'data:', ['data (settings.yaml:1): needs one value, PATH']],
    ['a list for one value', 'port: [1, 2]', ['port (settings.yaml:1): needs one value, PORT']],
    ['a tree for one value', 'format: { a: 1 }', ['format (settings.yaml:1): needs one value, table or json']],
    [
      'a list with a hole',
      'pages: [/a, ]\ncolumns: [a, ~]',
      ['columns: "a," (settings.yaml:2): value 2 of the list is empty, take it out'],
    ],
    ['a key twice', 'port: 1\nhost: a\nport: 2', ['config (settings.yaml:3): Map keys must be unique']],
    ['no settings at all', '- port', ['config (settings.yaml:1): write settings as key: value']],
    ['an unknown tag', 'port: !secret 1', ['config (settings.yaml:1): Unresolved tag: !secret']],
    ['an anchor that does not exist', 'data: *home', ['data (settings.yaml:1): needs one value, PATH']],
    [
      'an anchor that does not exist in a funnel',
      'funnels: { a: *steps }',
      ['funnels (settings.yaml:1): Unresolved alias (the anchor must be set before the alias): steps'],
    ],
    ['another file', 'config: other.yaml', ['config (settings.yaml:1): a file cannot name another, take it out']],
    [
      'funnels with faults',
      [
        'funnels:',
        '  one:',
        '    - event: page_view',
        '    - event: buy',
        '  two:',
        '    - name: start',
        '    - event: click',
        '      pgae: /x',
        '  three: {}',
      ].join('\n'),
      [
        'funnels.one.1.event: "buy" (settings.yaml:4): write one of page_view, click, scroll, search, add_to_cart, remove_from_cart, checkout, purchase, custom',
        'funnels.two.0.event (settings.yaml:6): write one of page_view, click, scroll, search, add_to_cart, remove_from_cart, checkout, purchase, custom',
        'funnels.two.1.pgae: "/x" (settings.yaml:8): a step has no pgae, take it out (did you mean page?)',
        'funnels.three (settings.yaml:9): write a list of steps such as - { event: purchase }',
      ],
    ],
  ])('is refused with %s', (_, yaml, faults) => {
    expect(faultsOf({ yaml })).toEqual(faults)
  })

  test('with a syntax error is refused for that alone', () => {
    const faults = faultsOf({ yaml: 'port: [1\nhsot: 2' })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(/^config \(settings\.yaml:\d\): /)
  })

  test('that does not exist or is a folder is refused', () => {
    expect(faultsOf({ env: { CONFIG_FILE: '/nowhere.yaml' } })).toEqual([
      'config: "/nowhere.yaml": there is no such file, check the path',
    ])
    expect(faultsOf({ flags: { config: tmpdir() } })).toEqual([
      `config: "${tmpdir()}": is a folder, name the YAML file in it`,
    ])
  })

  test('must be named by its flag', () => {
    expect(faultsOf({ flags: { config: true } })).toEqual(['config (flag --config): needs one value, PATH'])
  })
})

describe('faults', () => {
  test('of all sources are reported at once, each with where it comes from', () => {
    const faults = faultsOf({
      flags: { 'session-gap': '30', port: true },
      env: { MAX_PAGES: 'many', LOG_LEVEL: 'wran' },
      yaml: 'retention: 1g\nprot: 1',
    })
    expect(faults.toSorted()).toEqual([
      '"prot" (settings.yaml:2): there is no such setting, take it out (did you mean port?)',
      'log-level: "wran" (env LOG_LEVEL): write trace, debug, info, warn, error, fatal or silent (did you mean warn?)',
      'max-pages: "many" (env MAX_PAGES): write a whole number from 0 to 10000',
      'port (flag --port): needs one value, PORT',
      'retention: "1g" (settings.yaml:1): not a size with a unit, write 1GiB',
      'session-gap: "30" (flag --session-gap): has no unit, write 30s',
    ])
  })
})

describe('the result', () => {
  test('is frozen, lists and funnels included', () => {
    const settings = settingsOf({ yaml: 'pages: [/home]\nfunnels: { a: [{ event: click }] }' })
    const parts = [
      settings,
      settings.pages,
      settings.keyEvents,
      settings.funnels,
      settings.funnels[0],
      settings.funnels[0]?.steps,
      settings.funnels[0]?.steps[0],
      DEFAULT_FUNNELS,
      DEFAULT_FUNNELS[0]?.steps[0],
    ]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })
})

describe('a mapping', () => {
  test.each<[what: string, Given, dialect: string, mapping: string | undefined]>([
    ['implies the dialect custom', { flags: { mapping: 'm.yaml' } }, 'custom', 'm.yaml'],
    ['agrees with it', { flags: { mapping: 'm.yaml', dialect: 'custom' } }, 'custom', 'm.yaml'],
    [
      'from a stronger source replaces another dialect',
      { flags: { mapping: 'm.yaml' }, yaml: 'dialect: rees46' },
      'custom',
      'm.yaml',
    ],
    [
      'gives way to a dialect from a stronger source',
      { flags: { dialect: 'rees46' }, env: { MAPPING: 'm.yaml' } },
      'rees46',
      undefined,
    ],
    [
      'serves a dialect custom from elsewhere',
      { env: { DIALECT: 'custom' }, yaml: 'mapping: m.yaml' },
      'custom',
      'm.yaml',
    ],
  ])('%s', (_, given, dialect, mapping) => {
    expect(settingsOf(given)).toMatchObject({ dialect, mapping })
  })

  test('is missed when the dialect is custom', () => {
    expect(faultsOf({ env: { DIALECT: 'custom' } })).toEqual([
      'dialect: "custom" (env DIALECT): needs a mapping, name its file with --mapping, MAPPING or mapping:',
    ])
  })

  test('contradicts another dialect from the same source', () => {
    expect(faultsOf({ flags: { dialect: 'auto', mapping: 'm.yaml' } })).toEqual([
      'dialect: "auto" (flag --dialect): contradicts the mapping (flag --mapping), leave one of them out',
    ])
  })

  test('is not needed for a dialect that is misspelled', () => {
    expect(faultsOf({ flags: { dialect: 'custm' } })).toHaveLength(1)
  })
})
