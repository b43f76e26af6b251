import { COMMANDS } from '../commands/commands.ts'
import { GROUPS, isSecret, isText, isTree, type Setting } from '../consumer/settings/entry.ts'
import { defaultOf } from '../consumer/settings/resolve.ts'
import { SETTINGS, type SettingName } from '../consumer/settings/settings.ts'

/** Markdown: one table per group of settings, each setting with the commands that take it and their defaults. */
export function configurationTable(): string {
  const names = Object.keys(SETTINGS) as SettingName[]
  return GROUPS.map((group) => {
    const rows = names.filter((name) => SETTINGS[name].group === group).map(row)
    return `**${group}**\n\n| setting | env | default | commands | what it does |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}`
  }).join('\n\n')
}

function row(name: SettingName): string {
  const setting: Setting<unknown> = SETTINGS[name]
  const takers = COMMANDS.filter(({ settings }) => settings.includes(name))
  const cells = [
    givenBy(setting),
    isTree(setting) ? '' : `\`${setting.env}\``,
    defaultCell(takers, name),
    commandsCell(takers),
    asMarkdown(
      setting.help + (isText(setting) && setting.kind.accepts !== undefined ? ` Values: ${setting.kind.accepts}.` : ''),
    ),
  ]
  return `| ${cells.join(' | ')} |`
}

function givenBy(setting: Setting<unknown>): string {
  if (isSecret(setting)) return 'in the environment only'
  return isTree(setting) ? `\`${setting.flag}:\` in the configuration file` : `\`--${setting.flag}\``
}

type Taker = (typeof COMMANDS)[number]

/** The commands, or those that are left out where only a few are. */
function commandsCell(takers: readonly Taker[]): string {
  const others = COMMANDS.filter((command) => !takers.includes(command))
  const names = (commands: readonly Taker[]): string => commands.map(({ name }) => name).join(', ')
  if (others.length === 0) return 'all'
  return others.length <= 2 ? `all but ${names(others)}` : names(takers)
}

/** One default, or the usual one and those of the commands that differ: `30m` (start `30s`). */
function defaultCell(takers: readonly Taker[], name: SettingName): string {
  const defaults = new Set(takers.map((command) => command.defaultOf(name)))
  if (defaults.size === 1) return quoted([...defaults][0])
  const usual = defaultOf(name, {})
  const others = takers.filter((command) => command.defaultOf(name) !== usual)
  return `${quoted(usual)} (${others.map((command) => `${command.name} ${quoted(command.defaultOf(name)) || 'none'}`).join(', ')})`
}

/** Unescaped, __other__ would be set in bold and a bar would end the cell. */
export const asMarkdown = (text: string): string => text.replaceAll('__', '\\_\\_').replaceAll('|', '\\|')

const quoted = (value: string | undefined): string => (value ? `\`${value}\`` : '')
