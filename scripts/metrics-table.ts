import { pino } from 'pino'
import { Consumer } from '../consumer/consumer.ts'
import type { PartitionedLog } from '../consumer/contract/log-port.ts'
import { newPartitionState } from '../consumer/core/state.ts'
import { coreOptionsOf } from '../consumer/core-options.ts'
import { buildMetrics } from '../consumer/exporter.ts'
import { CLASSIC_FAMILIES } from '../consumer/expose/classic-metrics.ts'
import { type FamilyDescription, PREFIX, Registry } from '../consumer/expose/registry.ts'
import { PARTITION_LABELS, stateFamilies } from '../consumer/expose/state-families.ts'
import { resolveSettings } from '../consumer/settings/resolve.ts'
import { CORE_SETTINGS } from '../consumer/settings/settings.ts'
import { CollectorMetrics } from '../producer/collect/collector-metrics.ts'
import { asMarkdown } from './configuration-table.ts'

type Row = Pick<FamilyDescription, 'name' | 'help' | 'type' | 'labelNames'>

/** Markdown: every metric that an exporter with the classic names registers, one table per origin. */
export async function metricsTable(): Promise<string> {
  const { registered, described } = await exporterMetrics()
  const classicNames = new Set(CLASSIC_FAMILIES.map(({ name }) => name))
  const ofLog = registered.filter(({ name }) => described.has(name))
  const ofExporter = registered.filter(({ name }) => name.startsWith(PREFIX) && !described.has(name))
  // How many there are depends on the platform, so they are not listed.
  const ofProcess = registered.filter(({ name }) => !name.startsWith(PREFIX) && !classicNames.has(name))
  const prefixes = [...new Set(ofProcess.map(({ name }) => `\`${name.split('_')[0]}_*\``))].sort()
  return [
    `**From the log**: counted from the records up to a committed position, and the same again after every restart. All also carry the labels ${listed(PARTITION_LABELS)}.`,
    table(ofLog, PARTITION_LABELS),
    '**From this process**: how it gets on; these begin again with it.',
    table(ofExporter),
    '**From the collector** (`npm run collector`, and `npm start` unless `--collect off`): what comes in over HTTP; these begin again with the process.',
    table(await collectorMetrics()),
    '**Classic names**, with `--classic-metrics on` (as in `npm start`): sums over all partitions of the process, for panels that know only these.',
    table(CLASSIC_FAMILIES),
    `**Node process**: under their usual names, ${prefixes.join(' and ')} (CPU, memory, event loop, garbage collection).`,
  ].join('\n\n')
}

async function exporterMetrics(): Promise<{ registered: readonly Row[]; described: ReadonlySet<string> }> {
  const resolution = resolveSettings(CORE_SETTINGS, {}, new Map(), {})
  if ('faults' in resolution) throw new Error('the defaults of the settings are not valid')
  const options = coreOptionsOf(resolution.settings)
  // Only its names are asked for: nothing is read until the consumer is started.
  const log = { topic: 'user-events', group: 'clickstream-exporter' } as PartitionedLog
  const now = () => 0
  const context = { log, options, now, steadyNow: now, logger: pino({ level: 'silent' }), idleAfterMs: undefined }
  const exporter = { ...context, snapshotIntervalMs: 0, classicMetrics: true, staleAfterMs: 0 }
  const { registry } = buildMetrics(new Consumer(exporter), exporter)

  const described = new Map(
    stateFamilies(newPartitionState(options).counters.cells).map((family) => [family.name, family]),
  )
  const registered = await rowsOf(registry, (name) => described.get(name)?.labelNames)
  return { registered, described: new Set(described.keys()) }
}

async function collectorMetrics(): Promise<readonly Row[]> {
  const registry = new Registry()
  new CollectorMetrics(registry, { pendingBytes: () => 0, pendingBytesLimit: 0, trouble: () => undefined })
  return rowsOf(registry, () => undefined)
}

async function rowsOf(
  registry: Registry,
  describedLabels: (name: string) => readonly string[] | undefined,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const { name, help, type, values } of await registry.getMetricsAsJSON()) {
    const metric = registry.getSingleMetric(name)!
    const labelNames =
      describedLabels(name) ?? ('labelNames' in metric ? (metric.labelNames as string[]) : labelsOf(values[0]))
    rows.push({ name, help, type: String(type) as Row['type'], labelNames })
  }
  return rows
}

/** Of a family that has samples at all times, read off the first: its bucket's bound is none of its own. */
function labelsOf(sample: { labels?: object; sharedLabels?: object } = {}): readonly string[] {
  return Object.keys({ ...sample.labels, ...sample.sharedLabels }).filter((label) => label !== 'le')
}

function table(rows: readonly Row[], shared: readonly string[] = []): string {
  const lines = rows.map(({ name, type, labelNames, help }) => {
    const labels = labelNames.filter((label) => !shared.includes(label))
    return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${asMarkdown(help)} |`
  })
  return ['| metric | type | labels | what it tells |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

const listed = (labels: readonly string[]): string => labels.map((label) => `\`${label}\``).join(', ')
