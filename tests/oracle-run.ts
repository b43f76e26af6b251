import { BUILT_IN_DIALECTS } from '../consumer/contract/dialects.ts'
import type { CoreOptions } from '../consumer/core/options.ts'
import { pageLabel } from '../consumer/core/page-label.ts'
import { Pipeline } from '../consumer/core/pipeline.ts'
import { captureSamples } from '../consumer/expose/state-families.ts'
import { type LoggedRecord, type OracleOptions, PartitionOracle } from '../producer/oracle/partition-oracle.ts'
import { coreOptions } from './core-run.ts'

/** The core's options that mean what the oracle's mean. */
export const coreOptionsOf = (options: OracleOptions): CoreOptions => ({
  ...coreOptions(options),
  dialect: options.dialect === 'auto' ? 'auto' : BUILT_IN_DIALECTS[options.dialect],
  maxRecordBytes: options.maxRecordBytes,
  defaultCurrency: options.defaultCurrency,
  pages: options.pages.map(pageLabel),
  maxPages: options.maxPages,
})

export function oracleSeries(log: readonly LoggedRecord[], options: OracleOptions): Map<string, number> {
  const oracle = new PartitionOracle(options)
  for (const record of log) oracle.take(record)
  return oracle.series()
}

/** What the exporter would show of the log: its own series without the labels all of them have, zeros left out. */
export function coreSeries(log: readonly LoggedRecord[], options: OracleOptions): Map<string, number> {
  const pipeline = new Pipeline(coreOptionsOf(options))
  for (const { value, logTimeMs } of log) pipeline.process(value, 0, value.length, logTimeMs, options.appendTime)
  const position = (log.at(-1)?.offset ?? -1) + 1
  const samples = [...captureSamples(pipeline.state, position, {})].flatMap(([name, own]) =>
    own.map(({ labels, value, metricName = name }) => [metricName + labelsText(labels), value] as const),
  )
  return new Map(samples.filter(([, value]) => value !== 0))
}

/** Beside each other, as plain objects whose order does not matter. */
export const bothCount = (log: readonly LoggedRecord[], options: OracleOptions) => ({
  oracle: Object.fromEntries(oracleSeries(log, options)),
  core: Object.fromEntries(coreSeries(log, options)),
})

function labelsText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    const escaped = String(value).replace(/[\\"\n]/g, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`))
    return `${label}="${escaped}"`
  })
  return pairs.length === 0 ? '' : `{${pairs}}`
}
