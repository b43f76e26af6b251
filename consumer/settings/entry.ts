import type { Kind } from './kinds.ts'
import type { Secret } from './secret.ts'

/** Headings of the help and of the configuration table, in this order. */
export const GROUPS = [
  'Sessions and time',
  'Reading events',
  'Metrics',
  'Log and state',
  'Kafka connection',
  'Kafka',
  'Server',
  'Collector',
  'Console and log file',
  'Synthetic traffic',
  'Replay',
  'Output',
  'General',
] as const
export type Group = (typeof GROUPS)[number]

interface Described {
  /** The flag without its dashes, and the key in the configuration file; a secret's name in faults. */
  readonly flag: string
  readonly group: Group
  readonly help: string
}

/** A setting that a flag, an environment variable or the configuration file can give. */
export interface TextSetting<T> extends Described {
  readonly env: string
  readonly kind: Kind<T>
  /** As one would write it. Without one the setting is undefined unless given. */
  readonly default: string | undefined
}

/** A setting that only the configuration file can give, because it is a tree. */
export interface TreeSetting<T> extends Described {
  readonly default: T
  /** The default in words. */
  readonly shown: string
  readTree(tree: unknown): { readonly value: T } | { readonly faults: readonly TreeFault[] }
}

/** What is wrong at one place of a tree. */
export interface TreeFault {
  readonly path: readonly (string | number)[]
  readonly fix: string
}

/**
 * A setting that only the environment can give: flags stand in the list of processes, and configuration files in
 * repositories. Undefined unless given.
 */
export interface SecretSetting extends Described {
  readonly env: string
  readonly isSecret: true
}

export type Setting<T> = TextSetting<T> | TreeSetting<T> | SecretSetting

export type ValueOf<S> = S extends SecretSetting ? Secret | undefined : S extends Setting<infer T> ? T : never

export const isText = (setting: Setting<unknown>): setting is TextSetting<unknown> => 'kind' in setting
export const isTree = (setting: Setting<unknown>): setting is TreeSetting<unknown> => 'readTree' in setting
export const isSecret = (setting: Setting<unknown>): setting is SecretSetting => 'isSecret' in setting

type About = Described & { readonly env?: string }

const envOf = ({ env, flag }: About): string => env ?? flag.toUpperCase().replaceAll('-', '_')

export const setting = <T>(kind: Kind<T>, about: About & { readonly default: string }): TextSetting<T> => ({
  ...about,
  env: envOf(about),
  kind,
})

export const unlessGiven = <T>(kind: Kind<T>, about: About): TextSetting<T | undefined> => ({
  ...about,
  env: envOf(about),
  kind,
  default: undefined,
})
