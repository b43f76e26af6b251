import { Command as CommandLine, Option } from 'commander'
import { GROUPS, isSecret, isText, isTree, type Setting } from '../consumer/settings/entry.ts'
import type { GivenFlags } from '../consumer/settings/resolve.ts'
import { SETTINGS, type SettingName } from '../consumer/settings/settings.ts'

/** What the flags of one command are made of. */
export interface FlagDeclaration {
  readonly name: string
  readonly summary: string
  readonly settings: readonly SettingName[]
  readonly arguments?: string
  /** What may be given instead of the arguments. */
  readonly insteadOfArguments?: SettingName
  /** As one would write it; undefined for none. */
  defaultOf(name: SettingName): string | undefined
}

/** An argument vector taken apart, nothing judged yet. */
export interface SplitArguments {
  readonly flags: GivenFlags
  readonly operands: readonly string[]
  /** Flags the command does not have. What follows the first is in no other list. */
  readonly unknownFlags: readonly string[]
  readonly help: boolean
}

/** Takes `argv` (without interpreter and script) apart. The text of each flag is left as typed. */
export function splitArguments(declaration: FlagDeclaration, argv: readonly string[]): SplitArguments {
  const line = commandLine(declaration)
  const { operands, unknown } = line.parseOptions(withJoinedSwitches(argv, declaration.settings))
  const typed = line.opts<Record<string, string | true>>()
  const flags = new Map<string, string | true>()
  for (const option of line.options) {
    const value = typed[option.attributeName()]
    if (value !== undefined) flags.set(option.name(), value)
  }
  const strangers = upToTerminator(unknown).filter(
    (word, index, words) => word.length > 1 && word.startsWith('-') && !isFlagOfSecret(words[index - 1]),
  )
  const isHelp = (word: string): boolean => word === '-h' || word === '--help'
  return { flags, operands, unknownFlags: strangers.filter((word) => !isHelp(word)), help: strangers.some(isHelp) }
}

/** Nobody may have a secret as a flag; whoever tries must not see it in the fault, even if it begins with a dash. */
const isFlagOfSecret = (word: string | undefined): boolean =>
  Object.values(SETTINGS).some((setting) => isSecret(setting) && `--${setting.flag}` === word)

const headed = (heading: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${heading}${lines.join('')}`

/** The text `--help` prints. */
export function helpText(declaration: FlagDeclaration): string {
  const settings = declaration.settings.map((name): Setting<unknown> => SETTINGS[name])
  const trees = settings.filter(isTree)
  const secrets = settings.filter(isSecret)
  const onlyInEnvironment = secrets.map(({ env, help }) => `  ${env}: ${help}\n`)
  const onlyInFile = trees.map(
    ({ flag, help, shown }) => `\nOnly in the configuration file:\n  ${flag}: ${help}\n    Default: ${shown}\n`,
  )
  return `${commandLine(declaration).helpInformation()}${headed('\nOnly in the environment:\n', onlyInEnvironment)}${onlyInFile.join('')}
A flag wins over its environment variable, that over the configuration file, that over the default.
`
}

function commandLine(declaration: FlagDeclaration): CommandLine {
  const { name, summary, settings, arguments: argument, insteadOfArguments, defaultOf } = declaration
  const line = new CommandLine(`npm run ${name} --`)
    .description(summary)
    .configureHelp({ optionTerm: ({ flags }) => flags.replaceAll(/[[\]]/g, '') })
  if (argument !== undefined) line.argument(insteadOfArguments === undefined ? `<${argument}...>` : `[${argument}...]`)
  const byGroup = GROUPS.flatMap((group) => settings.filter((setting) => SETTINGS[setting].group === group))
  for (const setting of byGroup) {
    const option = optionOf(SETTINGS[setting], defaultOf(setting))
    if (option !== undefined) line.addOption(option)
  }
  return line.addHelpOption(new Option('-h, --help', 'Show this help.').helpGroup('General:'))
}

/** Values are optional to the parser, so that a flag without one becomes a fault among the others. */
function optionOf(setting: Setting<unknown>, standard: string | undefined): Option | undefined {
  if (!isText(setting)) return undefined
  const { flag, kind, env, group, help } = setting
  const facts = [`env ${env}`, ...(standard ? [`default ${standard}`] : [])].join(', ')
  const accepts = kind.accepts === undefined ? '' : `${kind.accepts}; `
  const option = new Option(`--${flag} [${kind.placeholder}]`, `${help} (${accepts}${facts})`)
  if (kind.parseItems !== undefined) option.argParser(appendedTo)
  return option.helpGroup(`${group}:`)
}

/** `--pages a --pages b` is `--pages a,b`. */
const appendedTo = (value: string, previous: unknown): string =>
  typeof previous === 'string' ? `${previous},${value}` : value

/** `--drop-bots file` leaves the file alone, `--drop-bots off` and `--no-drop-bots` become `--drop-bots=off`. */
function withJoinedSwitches(argv: readonly string[], settings: readonly SettingName[]): string[] {
  const joined: string[] = []
  const words = upToTerminator(argv)
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const named = settings.find((name) => [`--${SETTINGS[name].flag}`, `--no-${SETTINGS[name].flag}`].includes(word))
    const setting: Setting<unknown> | undefined = named && SETTINGS[named]
    const next = words[index + 1]
    if (setting === undefined || !isText(setting) || !setting.kind.isSwitch) joined.push(word)
    else if (word.startsWith('--no-')) joined.push(`--${setting.flag}=off`)
    else if (next !== undefined && setting.kind.parse(next).ok) {
      joined.push(`${word}=${next}`)
      index++
    } else joined.push(`${word}=on`)
  }
  return [...joined, ...argv.slice(words.length)]
}

function upToTerminator(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return end === -1 ? words : words.slice(0, end)
}
