import { patternText } from './listed-alerts.ts'
import { type FiredAlert, isPassed, judge, type Trial } from './verdict.ts'

export interface Course {
  readonly fired: readonly FiredAlert[]
  /** What fired besides and reached nobody: another alert explains it. */
  readonly silenced: readonly Pick<FiredAlert, 'name' | 'labels'>[]
}

export interface Outcome extends Course {
  readonly trials: readonly Trial[]
}

/** Labels that tell alerts of one name apart. */
const TELLING = ['direction', 'sign', 'what', 'reason', 'label', 'long', 'partition'] as const

/** Name and the labels that matter. */
export function alertText(name: string, labels: Readonly<Record<string, string>>): string {
  const telling = TELLING.flatMap((label) => (labels[label] === undefined ? [] : `${label}="${labels[label]}"`))
  return telling.length === 0 ? name : `${name}{${telling}}`
}

const HEAD = ['scenario', 'expected', 'fired', 'silenced', 'to fire', 'to resolve'] as const

/** The table, what is wrong if anything is, and the figure as the last line. */
export function reportText({ trials, fired, silenced }: Outcome, seed: number): { text: string; passed: boolean } {
  const judged = trials.map((trial) => {
    const own = fired.filter(({ labels }) => labels.topic === trial.name)
    return { trial, own, verdict: judge(trial, own) }
  })
  const rows = judged.map(({ trial, own, verdict }) => [
    trial.name,
    listText(trial.expected.map(patternText)),
    listText(own.map(({ name }) => name)),
    listText(silenced.flatMap(({ name, labels }) => (labels.topic === trial.name ? name : []))),
    secondsText(verdict.firedAfterMs),
    secondsText(verdict.resolvedAfterMs),
  ])
  const ofNoTopic = fired.filter(({ labels }) => !trials.some(({ name }) => name === labels.topic))
  const faults = [
    ...judged.flatMap(({ trial: { name }, verdict: { missing, unexpected, unresolved } }) => [
      ...missing.map((pattern) => `${name}: ${patternText(pattern)} did not fire`),
      ...unexpected.map((alert) => `${name}: ${firedText(alert)} fired and is not listed`),
      ...unresolved.map((alert) => `${name}: ${firedText(alert)} still fires`),
    ]),
    ...ofNoTopic.map((alert) => `${firedText(alert)} fired, of no topic`),
  ]
  const passed = judged.every(({ verdict }) => isPassed(verdict)) && ofNoTopic.length === 0
  const scenarios = trials.length - 1
  const alerts = judged.reduce((sum, { verdict, own }) => sum + own.length - verdict.unexpected.length, 0)
  const last = `scenarios: ${passed ? 'PASS' : 'FAIL'}, ${scenarios} scenarios and the control, ${alerts} alerts as listed, ${faults.length} otherwise; seed ${seed}`
  return { text: [...tableLines([HEAD, ...rows]), ...faults, last].join('\n'), passed }
}

const firedText = ({ name, labels }: FiredAlert): string => alertText(name, labels)

const listText = (names: readonly string[]): string => [...new Set(names)].join(', ') || 'none'

const secondsText = (ms: number | undefined): string => (ms === undefined ? '' : `${Math.round(ms / 1_000)} s`)

function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
