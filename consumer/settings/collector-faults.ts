import { COLLECTOR_TABLE } from './collector-settings.ts'
import type { SettingsFault } from './fault.ts'
import type { Settings } from './settings.ts'
import type { SourceOf } from './source-of.ts'

const KIB = 1024
/** What a request holds beside its body, with room to spare. Bytes. */
const BESIDE_BODY_BYTES = 128 * KIB

/**
 * What is wrong with the settings of a collector only when they are seen together. Those not taken, or faulty by
 * themselves, are undefined.
 */
export function collectorFaults(
  { maxBodyBytes, maxPendingBytes }: Partial<Settings<'maxBodyBytes' | 'maxPendingBytes'>>,
  sourceOf: SourceOf,
): SettingsFault[] {
  if (maxBodyBytes === undefined || maxPendingBytes === undefined) return []
  // One client holds half at most: a longer request would be told to come again for ever.
  const needed = 2 * (maxBodyBytes + BESIDE_BODY_BYTES)
  if (maxPendingBytes >= needed) return []
  const { maxBodyBytes: body, maxPendingBytes: pending } = COLLECTOR_TABLE
  const room = `the longest request takes ${body.flag} and ${BESIDE_BODY_BYTES / KIB}KiB, and a client half of ${pending.flag} at most`
  const fix = `${room}: make that ${Math.ceil(needed / KIB)}KiB or more, or lower ${body.flag}`
  const from = sourceOf('maxPendingBytes')
  return from === undefined
    ? [{ setting: body.flag, from: sourceOf('maxBodyBytes')!, fix }]
    : [{ setting: pending.flag, from, fix }]
}
