/** What is wrong with the settings given, at one place. */
export interface SettingsFault {
  /** The setting's flag without its dashes; none when it belongs to no setting. */
  readonly setting?: string
  /** `flag --port`, `env PORT` or `settings.yaml:3`. */
  readonly from?: string
  readonly value?: string
  /** What is wrong and what to write instead. */
  readonly fix: string
}

/** Settings that turn out to be unusable when they are put to use. The message has a line for every fault. */
export class RefusedSettings extends Error {
  readonly faults: readonly SettingsFault[]

  constructor(faults: readonly SettingsFault[]) {
    super(faults.map(describeFault).join('\n'))
    this.name = 'RefusedSettings'
    this.faults = faults
  }
}

/** One line: `port: "http" (env PORT): write a port from 1 to 65535, or 0 for any free one`. */
export function describeFault({ setting, from, value, fix }: SettingsFault): string {
  const what = [setting, value === undefined ? undefined : JSON.stringify(value)]
    .filter((part) => part !== undefined)
    .join(': ')
  if (what === '') return from === undefined ? fix : `${from}: ${fix}`
  return from === undefined ? `${what}: ${fix}` : `${what} (${from}): ${fix}`
}
