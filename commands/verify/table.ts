import { harmless } from '../../consumer/harmless.ts'
import type { MetricTotals, SeriesDifference } from './comparison.ts'
import { isPassed, type Verdict } from './verdict.ts'

const MOST_DIFFERENCES = 20

/** The verdict for people: a row for each metric, the series that differ, and the verdict in one line. */
export function verdictTable(verdict: Verdict): string {
  const { comparison, faults, remarks } = verdict
  const parts = [
    table(['metric', 'expected', 'exposed', 'difference'], comparison.totals.map(totalsRow)),
    differencesTable(comparison.differences),
    faults.map((fault) => `wrong: ${fault}\n`).join(''),
    remarks.map((remark) => `note: ${remark}\n`).join(''),
    lastLine(verdict),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

/** The same for programs. */
export function verdictJson(verdict: Verdict): string {
  const { comparison, families, partitions, seed, events, edgeEvents, faults, remarks } = verdict
  const document = {
    verdict: isPassed(verdict) ? 'pass' : 'fail',
    families,
    series: comparison.series,
    events,
    edge_events: edgeEvents,
    partitions,
    seed,
    metrics: comparison.totals.map(({ differing, ...totals }) => ({ ...totals, differing_series: differing })),
    differences: comparison.differences,
    faults,
    remarks,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function totalsRow({ metric, expected, exposed, differing }: MetricTotals): string[] {
  const note = differing === 0 ? '' : `in ${counted(differing, 'series', 'series')}`
  return [metric, number(expected), number(exposed), number(exposed - expected), note]
}

function differencesTable(differences: readonly SeriesDifference[]): string {
  if (differences.length === 0) return ''
  const rows = differences
    .slice(0, MOST_DIFFERENCES)
    .map(({ partition, series, expected, exposed }) => [
      `partition ${partition}  ${harmless(series)}`,
      number(expected),
      number(exposed),
      number(exposed - expected),
    ])
  const more = differences.length - rows.length
  const rest = more > 0 ? `and ${number(more)} more; --format json lists them all\n` : ''
  return `${table(['series that differ', 'expected', 'exposed', 'difference'], rows)}${rest}`
}

function lastLine(verdict: Verdict): string {
  const { comparison, families, partitions, seed, events, edgeEvents, faults } = verdict
  const { series, differences } = comparison
  const found = isPassed(verdict)
    ? `PASS, ${families} families, ${number(series)} series equal`
    : `FAIL, ${[
        ...(differences.length > 0 ? [`${number(differences.length)} of ${number(series)} series differ`] : []),
        ...(faults.length > 0 ? ['the log is not what was sent'] : []),
      ].join(', ')}`
  const stream = `${counted(events, 'event', 'events')} and ${number(edgeEvents)} at the edges`
  return `verify: ${found}; ${stream}, ${counted(partitions, 'partition', 'partitions')}, seed ${seed}\n`
}

/** Names to the left, numbers to the right, a note behind them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const cell = (text: string, column: number): string => {
    if (column === 0) return text.padEnd(widths[0]!)
    return column < widths.length ? text.padStart(widths[column]!) : text
  }
  return lines.map((line) => `${line.map(cell).join('  ').trimEnd()}\n`).join('')
}

/** Sums of money and seconds are shown to the millionth, which is what they are counted in. */
const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 6 })

const counted = (count: number, one: string, many: string): string => `${number(count)} ${count === 1 ? one : many}`
