import type { CoreOptions } from '../../consumer/core/options.ts'
import { coreOptionsOf } from '../../consumer/core-options.ts'
import { resolveSettings } from '../../consumer/settings/resolve.ts'
import { CORE_SETTINGS } from '../../consumer/settings/settings.ts'
import { programFlags } from '../program-flags.ts'
import { measureSize, type SizeFigures } from './size.ts'
import { measureSpeed, type SpeedFigures } from './speed.ts'

const HELP = `Usage: npm run bench -- [--json]

What an event costs on its way from bytes to counters, stage by stage on one core, as a ratio to JSON.parse of the
same records in the same run; and what open sessions, remembered ids and snapshots weigh. Takes about a minute.

Options:
  --json      print the figures as one JSON object: ratio_340 and ratio_170 are the ratios
  -h, --help  print this
`

interface Figures {
  readonly ratio_340: number
  readonly ratio_170: number
  readonly speed: readonly SpeedFigures[]
  readonly size: SizeFigures
}

/** The options every command has unless told otherwise. */
function defaultOptions(): CoreOptions {
  const resolution = resolveSettings(CORE_SETTINGS, {}, new Map(), {})
  if ('faults' in resolution) throw new RangeError(`default settings: ${JSON.stringify(resolution.faults)}`)
  return coreOptionsOf(resolution.settings)
}

function measure(): Figures {
  const options = defaultOptions()
  const ecommerce = measureSpeed('ecommerce', options)
  const userEvents = measureSpeed('user-events', options)
  return {
    ratio_340: ecommerce.ratio,
    ratio_170: userEvents.ratio,
    speed: [ecommerce, userEvents],
    size: measureSize(options),
  }
}

function speedTable(figures: SpeedFigures): string {
  const { shape, recordBytes, baselineNs, stages, eventsPerSecond, ratio, ratioLower, ratioUpper, ratioScattered } =
    figures
  const row = (name: string, own: number, cumulative: number): string =>
    `  ${name.padEnd(34)}${own.toFixed(0).padStart(7)}${cumulative.toFixed(0).padStart(9)}${(cumulative / baselineNs).toFixed(2).padStart(9)}`
  return [
    `${shape}, ${recordBytes.toFixed(0)} bytes a record      ns/event   so far  x parse`,
    row('JSON.parse alone', baselineNs, baselineNs),
    ...stages.map(({ stage, ownNs, cumulativeNs }) => row(stage, ownNs, cumulativeNs)),
    `  bytes to counters: ${Math.round(eventsPerSecond / 1000)},000 events/s, ${ratio.toFixed(2)} times JSON.parse (half of the rounds between ${ratioLower.toFixed(2)} and ${ratioUpper.toFixed(2)})`,
    `  with every event from a user at random: ${ratioScattered.toFixed(2)} times`,
  ].join('\n')
}

function sizeTable({ openSessions, rememberedIds, bytesPerSession, bytesPerId, snapshot }: SizeFigures): string {
  return [
    `${openSessions.toLocaleString('en')} open sessions: ${bytesPerSession.toFixed(1)} bytes each`,
    `${rememberedIds.toLocaleString('en')} remembered ids: ${bytesPerId.toFixed(1)} bytes each`,
    `snapshot of both: ${(snapshot.bytes / 1e6).toFixed(1)} MB, ${snapshot.bytesPerSession.toFixed(1)} bytes per session; ${snapshot.captureSeconds.toFixed(3)} s to capture, ${snapshot.encodeSeconds.toFixed(2)} s to encode, ${snapshot.decodeSeconds.toFixed(2)} s to decode`,
  ].join('\n')
}

const flags = programFlags(HELP, { json: { type: 'boolean', default: false } })
const figures = measure()
const tables = [...figures.speed.map(speedTable), sizeTable(figures.size)]
process.stdout.write(flags.json ? `${JSON.stringify(figures, undefined, 2)}\n` : `${tables.join('\n\n')}\n`)
