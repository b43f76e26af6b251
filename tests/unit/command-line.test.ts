import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect as inspectValue } from 'node:util'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { type Command, command, refusalText } from '../../commands/command-line.ts'
import { COMMANDS, consumer, inspect, producer, report, start } from '../../commands/commands.ts'
import { isText } from '../../consumer/settings/entry.ts'
import { describeFault } from '../../consumer/settings/fault.ts'
import { SETTINGS, type SettingName } from '../../consumer/settings/settings.ts'

const watch = command({
  name: 'watch',
  summary: 'Watches.',
  settings: ['dropBots', 'pages', 'port', 'data', 'funnels'],
  defaults: { port: '9999' },
})

const read = command({ name: 'read', summary: 'Reads.', settings: ['dedupeRows', 'columns'], arguments: 'FILE' })

const show = command({
  name: 'show',
  summary: 'Shows.',
  settings: ['topic', 'limit', 'saslPassword'],
  arguments: 'FILE',
  insteadOfArguments: 'topic',
})

function run<N extends SettingName>(command: Command<N>, argv: readonly string[], env = {}) {
  const parsed = command.parse(argv, env)
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  return parsed
}

function faultsOf({ parse }: Pick<Command<never>, 'parse'>, argv: readonly string[], env = {}): string[] {
  const parsed = parse(argv, env)
  return parsed.outcome === 'refused' ? parsed.faults.map(describeFault) : [parsed.outcome]
}

describe('a command line', () => {
  test('gives the settings the command takes, with its own defaults', () => {
    expect(run(watch, []).settings).toEqual({
      dropBots: false,
      pages: [],
      port: 9_999,
      data: './data',
      funnels: SETTINGS.funnels.default,
    })
  })

  test('types the settings by the names declared', () => {
    const { settings } = run(watch, [])
    expectTypeOf(settings.port).toEqualTypeOf<number>()
    expectTypeOf<keyof typeof settings>().toEqualTypeOf<'dropBots' | 'pages' | 'port' | 'data' | 'funnels'>()
  })

  test.each<[argv: string[], settings: object]>([
    [['--port', '1'], { port: 1 }],
    [['--port=1'], { port: 1 }],
    [['--port', '1', '--port', '2'], { port: 2 }],
    [['--pages', '/a', '--pages', '/b,/c'], { pages: ['/a', '/b', '/c'] }],
    [['--pages='], { pages: [] }],
    [['--data=-odd-'], { data: '-odd-' }],
    [['--drop-bots'], { dropBots: true }],
    [['--drop-bots', '--port', '1'], { dropBots: true, port: 1 }],
    [['--drop-bots', 'off'], { dropBots: false }],
    [['--drop-bots=yes'], { dropBots: true }],
    [['--drop-bots', '--no-drop-bots'], { dropBots: false }],
  ])('%j', (argv, settings) => {
    expect(run(watch, argv).settings).toMatchObject(settings)
  })

  test('lets a flag win over the environment', () => {
    expect(run(watch, ['--port', '1'], { PORT: '2' }).settings.port).toBe(1)
    expect(run(watch, ['--no-drop-bots'], { DROP_BOTS: 'on' }).settings.dropBots).toBe(false)
    expect(run(watch, [], { PORT: '2' }).settings.port).toBe(2)
  })
})

describe('arguments', () => {
  test('may stand before, between and after the flags', () => {
    expect(run(read, ['a.csv', '--columns', 'x', 'b.csv']).arguments).toEqual(['a.csv', 'b.csv'])
  })

  test('are not swallowed by a switch', () => {
    const { settings, arguments: files } = run(read, ['--dedupe-rows', 'a.csv'])
    expect({ ...settings, files }).toMatchObject({ dedupeRows: true, files: ['a.csv'] })
  })

  test('may be a dash for the standard input, and anything after two dashes', () => {
    expect(run(read, ['-', '--', '--dedupe-rows', '-x']).arguments).toEqual(['-', '--dedupe-rows', '-x'])
  })

  test('must be given to a command that takes them', () => {
    expect(faultsOf(read, [])).toEqual(['name at least one FILE after the flags'])
  })

  test('are refused by a command that takes none', () => {
    expect(faultsOf(watch, ['now', '--port', '1'])).toEqual(['argument now: watch takes no arguments, take it out'])
  })
})

describe('arguments that a setting may take the place of', () => {
  test('need not be there when it is given, by whatever source', () => {
    expect(run(show, ['--topic', 'clicks'])).toMatchObject({ arguments: [], settings: { topic: 'clicks' } })
    expect(run(show, [], { KAFKA_TOPIC: 'clicks' })).toMatchObject({ arguments: [], settings: { topic: 'clicks' } })
  })

  test('are missed when it is not', () => {
    expect(faultsOf(show, [])).toEqual(['name at least one FILE after the flags, or a topic with --topic'])
  })

  test('contradict its flag, but not what the environment has for other commands', () => {
    expect(faultsOf(show, ['a.csv', '--topic', 'clicks'])).toEqual([
      'flag --topic: takes the place of FILE, leave one of them out',
    ])
    expect(run(show, ['a.csv'], { KAFKA_TOPIC: 'clicks' }).arguments).toEqual(['a.csv'])
  })
})

describe('a secret', () => {
  const env = { KAFKA_SASL_PASSWORD: 'hunter2', KAFKA_TOPIC: 'clicks' }

  test('comes from the environment and is shown by nothing that prints settings', () => {
    const { settings } = run(show, [], env)
    expect(settings.saslPassword?.reveal()).toBe('hunter2')
    expect([JSON.stringify(settings), inspectValue(settings), String(settings.saslPassword)].join()).not.toContain(
      'hunter2',
    )
  })

  test.each([
    [['--kafka-sasl-password', 'hunter2']],
    [['--kafka-sasl-password=hunter2']],
    [['--kafka-sasl-password', '-hunter2']],
  ])('is no flag, and is not repeated: %j', (argv) => {
    const fix = 'would show the secret to every user of the machine, set KAFKA_SASL_PASSWORD instead'
    expect(faultsOf(show, argv, env)).toEqual([`flag --kafka-sasl-password: ${fix}`])
  })
})

describe('a command line is refused', () => {
  test.each<[what: string, argv: string[], faults: string[]]>([
    ['a flag with a slip', ['--prot', '1'], ['flag --prot: there is no such flag, take it out (did you mean --port?)']],
    [
      'a flag with a slip and a value',
      ['--prot=1'],
      ['flag --prot: there is no such flag, take it out (did you mean --port?)'],
    ],
    ['a short flag', ['-p', '1'], ['flag -p: there is no such flag, take it out']],
    ['the flag of another command', ['--rate', '1'], ['flag --rate: is no setting of watch, take it out']],
    [
      'a setting of the file',
      ['--funnels', 'x'],
      ['flag --funnels: is set in the configuration file only, see --config'],
    ],
    ['a flag without its value', ['--data', '--port', '1'], ['data (flag --data): needs one value, PATH']],
    ['a last flag without its value', ['--port'], ['port (flag --port): needs one value, PORT']],
    [
      'a negative number',
      ['--port', '-1'],
      ['port: "-1" (flag --port): write a port from 1 to 65535, or 0 for any free one'],
    ],
    ['no configuration file', ['--config'], ['config (flag --config): needs one value, PATH']],
    [
      'several faults',
      ['--prot', '1', '--port', 'http', '--drop-bot', '--data', ''],
      [
        'flag --prot: there is no such flag, take it out (did you mean --port?)',
        'flag --drop-bot: there is no such flag, take it out (did you mean --drop-bots?)',
        'port: "http" (flag --port): write a port from 1 to 65535, or 0 for any free one',
        'data: "" (flag --data): is empty, write a value or leave the setting out',
      ],
    ],
  ])('with %s', (_, argv, faults) => {
    expect(faultsOf(watch, argv)).toEqual(faults)
  })

  test('for an unknown flag alone, since what follows may be its value or an argument', () => {
    expect(faultsOf(read, ['--xyz', '-'])).toEqual(['flag --xyz: there is no such flag, take it out'])
  })

  test('with a line for every fault', () => {
    expect(refusalText('watch', [{ fix: 'one' }, { from: 'flag --x', fix: 'two' }])).toBe(
      'watch: 2 faults in the settings, nothing was done\n  one\n  flag --x: two\nAll settings: npm run watch -- --help\n',
    )
  })
})

describe('the help', () => {
  const helpOf = ({ parse }: Pick<Command<never>, 'parse'>, argv = ['--help']): string => {
    const parsed = parse(argv, {})
    return parsed.outcome === 'help' ? parsed.text.replaceAll(/\s+/g, ' ') : parsed.outcome
  }

  test.each(
    COMMANDS.map((each) => [each.name, each] as const),
  )('of %s names flag, variable and default of all it takes', (_, each) => {
    const text = helpOf(each)
    for (const name of each.settings) {
      const setting = SETTINGS[name]
      if (!isText(setting)) continue
      expect(text).toContain(`--${setting.flag} `)
      const standard = each.defaultOf(name)
      expect(text).toContain(`env ${setting.env}${standard ? `, default ${standard}` : ''})`)
    }
  })

  test('groups the settings and shows those of the file', () => {
    expect(helpOf(watch)).toMatch(
      /Reading events: --drop-bots on\|off .* Server: --port PORT .* configuration file: funnels:/,
    )
  })

  test('says which variable holds a secret, and of an argument that it may be left out', () => {
    expect(helpOf(show)).toContain('Only in the environment: KAFKA_SASL_PASSWORD: Password')
    expect(helpOf(show)).not.toContain('--kafka-sasl-password ')
    expect(helpOf(show)).toContain('[options] [FILE...]')
    expect(helpOf(read)).toContain('[options] <FILE...>')
  })

  test('names no default for what must be given', () => {
    expect(helpOf(show)).toContain('(env KAFKA_TOPIC)')
  })

  test('names no other setting', () => {
    expect(helpOf(inspect)).not.toContain('--port')
    expect(helpOf(inspect)).not.toContain('--rate')
  })

  test('is given even among faults', () => {
    expect(helpOf(watch, ['--port', 'http', '-h'])).toContain('--port PORT')
  })
})

describe('the commands', () => {
  test('start with settings for somebody who watches', () => {
    const { settings } = run(start, [])
    expect(settings).toMatchObject({
      sessionGapMs: 30_000,
      allowedLatenessMs: 5_000,
      classicMetrics: true,
      ratePerSecond: 200,
      seed: 1,
      visitors: 2_000,
    })
  })

  test('report whole files without a lateness', () => {
    const { settings, arguments: files } = run(report, ['a.csv', 'b.csv'])
    expect(settings).toMatchObject({
      sessionGapMs: 1_800_000,
      allowedLatenessMs: Number.POSITIVE_INFINITY,
      format: 'table',
      dedupeRows: false,
      columns: undefined,
    })
    expect(files).toEqual(['a.csv', 'b.csv'])
  })

  test('inspect twenty records, of files or of a topic', () => {
    expect(run(inspect, ['a.csv']).settings).toMatchObject({ limit: 20, dialect: 'auto', columns: undefined })
    expect(run(inspect, ['--topic', 'clicks', '--brokers', 'a']).settings).toMatchObject({
      topic: 'clicks',
      brokers: ['a:9092'],
    })
  })

  test('consume on the loopback address, and create topics that processes can share', () => {
    expect(run(consumer, []).settings).toMatchObject({
      host: '127.0.0.1',
      port: 8_000,
      topic: 'user-events',
      group: 'clickstream-exporter',
      partitions: 4,
      classicMetrics: false,
    })
    expect(faultsOf(consumer, ['--data', 'x'])).toEqual(['flag --data: is no setting of consumer, take it out'])
  })

  test('produce under another run unless told which', () => {
    expect(run(producer, []).settings).toMatchObject({ topic: 'user-events', ratePerSecond: 200, partitions: 4 })
    expect(run(producer, []).settings.run).toBeUndefined()
    expect(run(producer, ['--run', '7']).settings.run).toBe(7)
    expect(faultsOf(producer, ['--port', '1'])).toEqual(['flag --port: is no setting of producer, take it out'])
  })
})

describe('a command that runs', () => {
  let folder: string
  let script: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'command-'))
    script = join(folder, 'watch.ts')
    writeFileSync(
      script,
      `import { command, runCommand } from ${JSON.stringify(new URL('../../commands/command-line.ts', import.meta.url).href)}
import { RefusedSettings } from ${JSON.stringify(new URL('../../consumer/settings/fault.ts', import.meta.url).href)}
const watch = command({ name: 'watch', summary: 'Watches.', settings: ['port'] })
await runCommand(watch, async ({ settings }) => {
  if (settings.port === 13) throw new RefusedSettings([{ setting: 'port', value: '13', fix: 'brings bad luck' }])
  console.log(JSON.stringify(settings))
})
`,
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const spawn = (...argv: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...argv], { encoding: 'utf8', env: {} })
    return { status, stdout, stderr }
  }

  test('gets its settings', () => {
    expect(spawn('--port', '1')).toEqual({ status: 0, stdout: '{"port":1}\n', stderr: '' })
  })

  test('ends with exit code 2 and says why when they have faults', () => {
    expect(spawn('--port', 'http')).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'watch: one fault in the settings, nothing was done\n  port: "http" (flag --port): write a port from 1 to 65535, or 0 for any free one\nAll settings: npm run watch -- --help\n',
    })
  })

  test('ends the same way when one turns out to be unusable', () => {
    expect(spawn('--port', '13')).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'watch: one fault in the settings, nothing was done\n  port: "13": brings bad luck\nAll settings: npm run watch -- --help\n',
    })
  })

  test('prints its help and nothing else when asked', () => {
    const { status, stdout, stderr } = spawn('--help')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: npm run watch -- \[options\]\n/)
  })
})
