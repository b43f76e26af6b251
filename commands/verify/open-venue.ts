import type { CoreOptions } from '../../consumer/core/options.ts'
import { kafkaConnectionOf, warningAbout } from '../../consumer/kafka-options.ts'
import type { SettingName, Settings } from '../../consumer/settings/settings.ts'
import { splitArguments } from '../command-flags.ts'
import { type VERIFY_SETTINGS, verify } from '../commands.ts'
import { consumerFlags } from './consumer-flags.ts'
import { openEmbeddedVenue } from './embedded-venue.ts'
import { openKafkaVenue } from './kafka-venue.ts'
import type { Venue } from './venue.ts'

export type VerifySettings = Settings<(typeof VERIFY_SETTINGS)[number]>

/**
 * The log and the consumers the settings ask for: on Kafka when brokers are given. The flags of this process are passed on to consumers.
 * @throws {RefusedSettings} when a file they name cannot be used
 */
export async function openVenue(
  settings: VerifySettings,
  given: ReadonlySet<SettingName>,
  options: CoreOptions,
  signal: AbortSignal,
): Promise<Venue> {
  if (!given.has('brokers')) return openEmbeddedVenue(options, settings.partitions, signal)
  const connection = kafkaConnectionOf(settings)
  const warning = warningAbout(connection)
  if (warning !== undefined) process.stderr.write(`verify: ${warning}\n`)
  const { flags } = splitArguments(verify, process.argv.slice(2))
  return openKafkaVenue({
    ...settings,
    connection,
    consumerFlags: consumerFlags(flags, given),
    signal,
  })
}
