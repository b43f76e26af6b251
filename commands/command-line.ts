import { RefusedMapping } from '../consumer/mapping/mapping-file.ts'
import { isSecret, isText, isTree, type Setting } from '../consumer/settings/entry.ts'
import { describeFault, RefusedSettings, type SettingsFault } from '../consumer/settings/fault.ts'
import { defaultOf, type Environment, type GivenFlags, resolveSettings } from '../consumer/settings/resolve.ts'
import { type Defaults, SETTINGS, type SettingName, type Settings } from '../consumer/settings/settings.ts'
import { suggestion } from '../consumer/settings/suggestion.ts'
import { helpText, splitArguments } from './command-flags.ts'

/** What a command takes; `config` it takes in any case. */
export interface Declaration<N extends SettingName> {
  readonly name: string
  readonly summary: string
  readonly settings: readonly N[]
  /** Where they differ from those of the settings table. */
  readonly defaults?: Defaults<N>
  /** Word for the arguments in the help, such as FILE; at least one must be given. Without it the command takes none. */
  readonly arguments?: string
  /** A setting that may be given instead of the arguments. Without arguments it is given for certain. */
  readonly insteadOfArguments?: NoInfer<N>
  /** A setting that asks for something by being given, as `given` tells: the help shows no default of it. */
  readonly asksWhenGiven?: NoInfer<N>
}

/** What the command is asked to do. */
export interface Invocation<N extends SettingName> {
  readonly settings: Settings<N>
  readonly arguments: readonly string[]
  /** The settings that are not left to their defaults. */
  readonly given: ReadonlySet<SettingName>
}

export type Parsed<N extends SettingName> =
  | ({ readonly outcome: 'run' } & Invocation<N>)
  | { readonly outcome: 'help'; readonly text: string }
  | { readonly outcome: 'refused'; readonly faults: readonly SettingsFault[] }

export interface Command<N extends SettingName> {
  readonly name: string
  readonly summary: string
  /** In the order of the settings table. */
  readonly settings: readonly SettingName[]
  /** The default for this command, as one would write it; undefined for none. */
  defaultOf(name: SettingName): string | undefined
  /** `argv` without interpreter and script. */
  parse(argv: readonly string[], env: Environment): Parsed<N>
}

export function command<const N extends SettingName>(declaration: Declaration<N>): Command<N> {
  const { name, summary, defaults = {} as Defaults<N> } = declaration
  const taken: readonly SettingName[] = [...declaration.settings, 'config']
  const settings = (Object.keys(SETTINGS) as SettingName[]).filter((candidate) => taken.includes(candidate))
  const own = {
    ...declaration,
    settings,
    defaultOf: (setting: SettingName) =>
      setting === declaration.insteadOfArguments || setting === declaration.asksWhenGiven
        ? undefined
        : defaultOf(setting, defaults),
  }
  return {
    name,
    summary,
    settings,
    defaultOf: own.defaultOf,
    parse(argv, env) {
      const { flags, operands, unknownFlags, help } = splitArguments(own, argv)
      if (help) return { outcome: 'help', text: helpText(own) }
      const resolution = resolveSettings(declaration.settings, defaults, flags, env)
      const faults = [
        ...unknownFlags.map((flag) => unknownFlagFault(flag, name, settings)),
        // After an unknown flag nobody can tell its value from an argument.
        ...(unknownFlags.length === 0 ? argumentFaults(operands, declaration, flags, resolution.given) : []),
        ...('faults' in resolution ? resolution.faults : []),
      ]
      if (faults.length > 0 || 'faults' in resolution) return { outcome: 'refused', faults }
      return { outcome: 'run', settings: resolution.settings, arguments: operands, given: resolution.given }
    },
  }
}

/**
 * Runs the command as this process's own, with its argv and environment.
 * Faults, those of files that settings name included, end in exit code 2 with a line each on stderr; any other
 * rejection of `run` is passed on.
 */
export async function runCommand<N extends SettingName>(
  { name, parse }: Pick<Command<N>, 'name' | 'parse'>,
  run: (invocation: Invocation<N>) => Promise<void>,
): Promise<void> {
  const parsed = parse(process.argv.slice(2), process.env)
  if (parsed.outcome === 'run') {
    try {
      return await run(parsed)
    } catch (error) {
      if (!(error instanceof RefusedMapping || error instanceof RefusedSettings)) throw error
      process.stderr.write(refusalText(name, error.faults))
      process.exitCode = 2
      return
    }
  }
  if (parsed.outcome === 'help') {
    process.stdout.write(parsed.text)
    return
  }
  process.stderr.write(refusalText(name, parsed.faults))
  process.exitCode = 2
}

/** What a refused command prints: every fault on a line of its own. */
export function refusalText(name: string, faults: readonly SettingsFault[]): string {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`
  const lines = faults.map((fault) => `  ${describeFault(fault)}\n`)
  return `${name}: ${count} in the settings, nothing was done\n${lines.join('')}All settings: npm run ${name} -- --help\n`
}

function unknownFlagFault(word: string, command: string, settings: readonly SettingName[]): SettingsFault {
  const typed = word.split('=', 1)[0]!
  const table: readonly Setting<unknown>[] = Object.values(SETTINGS)
  const elsewhere = table.find(({ flag }) => `--${flag}` === typed)
  if (elsewhere !== undefined) {
    let fix = `is no setting of ${command}, take it out`
    if (isTree(elsewhere)) fix = 'is set in the configuration file only, see --config'
    if (isSecret(elsewhere)) fix = `would show the secret to every user of the machine, set ${elsewhere.env} instead`
    return { from: `flag ${typed}`, fix }
  }
  const flags = settings.filter((name) => isText(SETTINGS[name])).map((name) => `--${SETTINGS[name].flag}`)
  return { from: `flag ${typed}`, fix: `there is no such flag, take it out${suggestion(typed, flags)}` }
}

function argumentFaults(
  operands: readonly string[],
  { name, arguments: word, insteadOfArguments: instead }: Omit<Declaration<SettingName>, 'settings'>,
  flags: GivenFlags,
  given: ReadonlySet<SettingName>,
): SettingsFault[] {
  if (word === undefined)
    return operands.map((operand) => ({ from: `argument ${operand}`, fix: `${name} takes no arguments, take it out` }))
  if (instead === undefined) return operands.length > 0 ? [] : [{ fix: `name at least one ${word} after the flags` }]
  const { flag } = SETTINGS[instead]
  if (operands.length === 0)
    return given.has(instead) ? [] : [{ fix: `name at least one ${word} after the flags, or a ${flag} with --${flag}` }]
  // From the environment or the configuration file it may be meant for other commands.
  return flags.has(flag) ? [{ from: `flag --${flag}`, fix: `takes the place of ${word}, leave one of them out` }] : []
}
