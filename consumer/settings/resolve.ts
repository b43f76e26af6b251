import { collectorFaults } from './collector-faults.ts'
import {
  isSecret,
  isText,
  isTree,
  type SecretSetting,
  type Setting,
  type TextSetting,
  type TreeSetting,
} from './entry.ts'
import type { SettingsFault } from './fault.ts'
import { type FileEntry, readSettingsFile } from './file.ts'
import { kafkaFaults } from './kafka-faults.ts'
import { replayFaults } from './replay-faults.ts'
import { Secret } from './secret.ts'
import { type Defaults, SETTINGS, type SettingName, type Settings } from './settings.ts'
import { suggestion } from './suggestion.ts'
import { trafficFaults } from './traffic-faults.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Flags as typed, under their names without dashes; true for a flag without a value. */
export type GivenFlags = ReadonlyMap<string, string | true>

export type Resolution<N extends SettingName> = (
  | { readonly settings: Settings<N> }
  | { readonly faults: readonly SettingsFault[] }
) & {
  /** The settings that are not left to their defaults, be what was given faulty. */
  readonly given: ReadonlySet<SettingName>
}

/** Where the settings in force come from: a flag, else the environment, else the file named by `config`. */
interface Sources {
  readonly flags: GivenFlags
  readonly env: Environment
  readonly entries: ReadonlyMap<string, FileEntry>
}

/**
 * The settings in force: flag, else environment variable, else configuration file, else default.
 * An empty environment variable counts as not set. Either all settings are valid or all their faults are returned.
 */
export function resolveSettings<const N extends SettingName>(
  names: readonly N[],
  defaults: Defaults<N>,
  flags: GivenFlags,
  env: Environment,
): Resolution<N> {
  const faults: SettingsFault[] = []
  const entries = fileEntries(flags, env, faults)
  const sources = { flags, env, entries }
  const values: Partial<Record<SettingName, unknown>> = {}
  for (const name of names) values[name] = readValue(SETTINGS[name], defaultOf(name, defaults), sources, faults)
  reconcileDialect(values, sources, faults)
  // Each value was read by its own entry of the table, the one its type is taken from.
  const settings = Object.freeze(values) as Settings<N>
  const placeOf = (name: SettingName): string | undefined => sourceOf(SETTINGS[name], sources)
  faults.push(
    ...kafkaFaults(settings, placeOf),
    ...trafficFaults(settings, placeOf),
    ...replayFaults(settings, placeOf),
    ...collectorFaults(settings, placeOf),
  )
  const namesGiven = new Set(names.filter((name) => placeOf(name) !== undefined))
  return faults.length > 0 ? { faults, given: namesGiven } : { settings, given: namesGiven }
}

/** The default of a setting for a command with the given defaults of its own, as one would write it. */
export function defaultOf(name: SettingName, defaults: Partial<Record<SettingName, string>>): string | undefined {
  const setting: Setting<unknown> = SETTINGS[name]
  if (isSecret(setting)) return undefined
  return defaults[name] ?? (isTree(setting) ? setting.shown : setting.default)
}

function fileEntries(flags: GivenFlags, env: Environment, faults: SettingsFault[]): ReadonlyMap<string, FileEntry> {
  const path = textValue(SETTINGS.config, undefined, { flags, env, entries: new Map() }, faults)
  if (typeof path !== 'string') return new Map()
  const file = readSettingsFile(path)
  faults.push(...file.faults)
  const settings: readonly Setting<unknown>[] = Object.values(SETTINGS)
  const known = settings.filter((setting) => !isSecret(setting)).map(({ flag }) => flag)
  const secrets = new Map(settings.filter(isSecret).map(({ flag, env }) => [flag, env]))
  for (const [key, { from }] of file.entries) {
    // Settings of other commands pass: one file serves them all.
    if (key === SETTINGS.config.flag)
      faults.push({ setting: key, from, fix: 'a file cannot name another, take it out' })
    else if (secrets.has(key))
      faults.push({ setting: key, from, fix: `is a secret that no file may hold, set ${secrets.get(key)}` })
    else if (!known.includes(key))
      faults.push({ from, value: key, fix: `there is no such setting, take it out${suggestion(key, known)}` })
  }
  return file.entries
}

interface Given {
  readonly rank: number
  readonly from: string
  /** Undefined: the source names the setting but gives no text. */
  readonly text: string | undefined
  readonly items?: readonly string[] | undefined
}

const FLAG = 3
const VARIABLE = 2
const FILE = 1
const DEFAULT = 0

function given({ flag, env }: TextSetting<unknown>, { flags, env: variables, entries }: Sources): Given | undefined {
  const typed = flags.get(flag)
  if (typed !== undefined) return { rank: FLAG, from: `flag --${flag}`, text: typed === true ? undefined : typed }
  const variable = variables[env]
  if (variable !== undefined && variable !== '') return { rank: VARIABLE, from: `env ${env}`, text: variable }
  const entry = entries.get(flag)
  return entry && { rank: FILE, from: entry.from, text: entry.text, items: entry.items }
}

/** Where a setting is given: `flag --port`, `env PORT` or `settings.yaml:3`; undefined when its default holds. */
function sourceOf(setting: Setting<unknown>, sources: Sources): string | undefined {
  if (isText(setting)) return given(setting, sources)?.from
  if (isTree(setting)) return sources.entries.get(setting.flag)?.from
  return sources.env[setting.env] ? `env ${setting.env}` : undefined
}

function readValue(
  setting: Setting<unknown>,
  fallback: string | undefined,
  sources: Sources,
  faults: SettingsFault[],
): unknown {
  if (isText(setting)) return textValue(setting, fallback, sources, faults)
  if (isTree(setting)) return treeValue(setting, sources.entries.get(setting.flag), faults)
  return secretValue(setting, sources.env)
}

function secretValue({ env }: SecretSetting, variables: Environment): Secret | undefined {
  const text = variables[env]
  return text ? new Secret(text) : undefined
}

function textValue(
  setting: TextSetting<unknown>,
  fallback: string | undefined,
  sources: Sources,
  faults: SettingsFault[],
): unknown {
  const { flag, kind } = setting
  const source = given(setting, sources) ?? { rank: DEFAULT, from: 'default', text: fallback }
  const { rank, from, text, items } = source
  if (items !== undefined && kind.parseItems !== undefined)
    return taken(kind.parseItems(items), flag, from, items, faults)
  if (text !== undefined) return taken(kind.parse(text), flag, from, [text], faults)
  if (rank !== DEFAULT)
    faults.push({ setting: flag, from, fix: `needs one value, ${kind.accepts ?? kind.placeholder}` })
  return undefined
}

function taken(
  reading: ReturnType<TextSetting<unknown>['kind']['parse']>,
  setting: string,
  from: string,
  texts: readonly string[],
  faults: SettingsFault[],
): unknown {
  if (reading.ok) return reading.value
  faults.push({ setting, from, value: texts.join(','), fix: reading.fix })
  return undefined
}

function treeValue(setting: TreeSetting<unknown>, entry: FileEntry | undefined, faults: SettingsFault[]): unknown {
  if (entry === undefined) return setting.default
  let tree: unknown
  try {
    tree = entry.tree()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    faults.push({ setting: setting.flag, from: entry.from, fix: error.message })
    return undefined
  }
  const reading = setting.readTree(tree)
  if ('value' in reading) return reading.value
  for (const { path, fix } of reading.faults) {
    const { from, value } = entry.locate(path)
    const place = [setting.flag, ...path].join('.')
    faults.push({ setting: place, from, fix, ...(value === undefined ? {} : { value }) })
  }
  return undefined
}

/**
 * A mapping implies the dialect custom. Whichever of the two comes from the stronger source wins;
 * from the same source they must agree.
 */
function reconcileDialect(
  values: { dialect?: unknown; mapping?: unknown },
  sources: Sources,
  faults: SettingsFault[],
): void {
  if (!('dialect' in values && 'mapping' in values)) return
  const dialect = given(SETTINGS.dialect, sources) ?? { rank: DEFAULT, from: 'default' }
  const mapping = given(SETTINGS.mapping, sources)
  if (mapping !== undefined && mapping.rank > dialect.rank) values.dialect = 'custom'
  if (values.dialect === undefined) return
  if (mapping === undefined && values.dialect === 'custom') {
    const fix = 'needs a mapping, name its file with --mapping, MAPPING or mapping:'
    faults.push({ setting: 'dialect', from: dialect.from, value: 'custom', fix })
  }
  if (mapping === undefined || values.dialect === 'custom') return
  values.mapping = undefined
  if (mapping.rank < dialect.rank) return
  const fix = `contradicts the mapping (${mapping.from}), leave one of them out`
  faults.push({ setting: 'dialect', from: dialect.from, value: String(values.dialect), fix })
}
