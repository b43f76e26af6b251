import type { SettingName } from './settings.ts'

/** Where a setting was given, such as `env KAFKA_TLS`; undefined when it was not. */
export type SourceOf<Name extends SettingName = SettingName> = (name: Name) => string | undefined
