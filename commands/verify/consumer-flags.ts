import { isText } from '../../consumer/settings/entry.ts'
import type { GivenFlags } from '../../consumer/settings/resolve.ts'
import { SETTINGS, type SettingName } from '../../consumer/settings/settings.ts'
import { consumer, verify } from '../commands.ts'

/** What verifying decides for every consumer, whatever its environment says. */
const FIXED: readonly string[] = [
  '--idle-advance=off',
  '--start-from=earliest',
  '--kafka-create-topics=off',
  '--host=127.0.0.1',
  '--port=0',
  '--log-file=none',
  '--summary-interval=none',
]

/**
 * What a consumer is started with so that its settings are those of this command: the flags given here, and the defaults
 * that this command has of its own. Environment and configuration file are the same for both, and secrets are no flags.
 * @param given every setting that is not left to its default
 */
export function consumerFlags(flags: GivenFlags, given: ReadonlySet<SettingName>): string[] {
  const passed = consumer.settings.flatMap((name) => {
    const setting = SETTINGS[name]
    const own = verify.defaultOf(name)
    if (flags.has(setting.flag)) return [`--${setting.flag}=${flags.get(setting.flag)}`]
    const isOwnDefault = verify.settings.includes(name) && !given.has(name) && own !== consumer.defaultOf(name)
    return isOwnDefault && isText(setting) && own !== undefined ? [`--${setting.flag}=${own}`] : []
  })
  return [...passed, ...FIXED]
}
