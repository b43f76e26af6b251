import { spawn } from 'node:child_process'
import { stringify } from 'yaml'
import { alertGroups, recordingGroups, rulesYaml } from '../src/files.ts'
import type { AlertRule, RecordingRule } from '../src/rule.ts'
import { PRODUCTION, type Windows } from '../src/windows.ts'
import type { InputSeries } from './series.ts'

/** What a query must give at a time. A sample is a series and its value. */
export interface Expectation {
  readonly expr: string
  readonly atSeconds: number
  readonly samples: readonly { readonly series: string; readonly value: number }[]
}

export interface RuleTest {
  readonly name: string
  readonly series: readonly InputSeries[]
  /** Seconds between two scrapes. */
  readonly every: number
  readonly expectations: readonly Expectation[]
}

/** The rule file of a set; with the name of an alert only that and what it is made of. */
export function rulesFor(windows: Windows, alert?: string): string {
  const groups = [...recordingGroups(windows), ...alertGroups(windows)]
  if (alert === undefined) return rulesYaml(groups)
  const rules = groups.flatMap(({ rules }) => rules as readonly (AlertRule | RecordingRule)[])
  const needed = new Set(rules.filter((rule) => 'alert' in rule && rule.alert === alert))
  for (const { expr } of needed) {
    const names = new Set(expr.match(/\b(?:partition|topic|page):\w+:\w+/g))
    for (const rule of rules) if ('record' in rule && names.has(rule.record)) needed.add(rule)
  }
  return rulesYaml(
    groups.map((group) => ({
      ...group,
      rules: rules.filter((rule) => needed.has(rule) && group.rules.includes(rule as never)),
    })),
  )
}

const GROUPS = [...recordingGroups(PRODUCTION), ...alertGroups(PRODUCTION)].map(({ name }) => name)

/** The tests in promtool's own format; rules are evaluated as often as they are in service. */
export const testFile = (rules: string, { interval }: Windows, tests: readonly RuleTest[]): string =>
  stringify(
    {
      rule_files: [rules],
      evaluation_interval: `${interval}s`,
      // Without it the order is another every time, and what depends on others is one evaluation behind.
      group_eval_order: GROUPS,
      tests: tests.map(({ name, every, series, expectations }) => ({
        name,
        interval: `${every}s`,
        input_series: series,
        promql_expr_test: expectations.map(({ expr, atSeconds, samples }) => ({
          expr,
          eval_time: `${atSeconds}s`,
          exp_samples: samples.map(({ series, value }) => ({ labels: series, value })),
        })),
      })),
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  )

/** Runs promtool; gives its exit code and all that it printed. */
export function promtool(...args: string[]): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', args)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', reject).once('close', (status) => resolve({ status, output }))
  })
}
