import { stringify } from 'yaml'
import { type AlertSource, alertOf } from './alert.ts'
import { alertmanagerConfig } from './alertmanager.ts'
import { baselineRules } from './baseline-rules.ts'
import { behaviourAlerts } from './behaviour-alerts.ts'
import { checkoutBurnRules } from './checkout-burn.ts'
import { collectorAlerts } from './collector-alerts.ts'
import { dataAlerts } from './data-alerts.ts'
import { partitionRules } from './partition-rules.ts'
import { pipelineAlerts } from './pipeline-alerts.ts'
import type { AlertRule, RecordingRule, RuleGroup } from './rule.ts'
import { settledRules } from './settled-rules.ts'
import { signalRules } from './signals.ts'
import { topicRules } from './topic-rules.ts'
import { duration, PRODUCTION, SHORT, type Windows } from './windows.ts'

/**
 * Every recording rule, what depends on others after them. All but the slow ones are in one group, whose rules are
 * evaluated in turn and for one moment: a rate must not meet the word of another moment that it is settled.
 */
export const recordingGroups = (windows: Windows): RuleGroup<RecordingRule>[] => [
  {
    name: 'clickstream',
    interval: duration(windows.interval),
    rules: [partitionRules, topicRules, settledRules, signalRules, checkoutBurnRules].flatMap((rules) =>
      rules(windows),
    ),
  },
  {
    name: 'clickstream-baselines',
    interval: duration(windows.m1),
    rules: baselineRules(windows),
  },
]

export const alertGroups = (windows: Windows): RuleGroup<AlertRule>[] =>
  (
    [
      ['behaviour', behaviourAlerts],
      ['data', dataAlerts],
      ['pipeline', pipelineAlerts],
      ['collector', collectorAlerts],
    ] as const
  ).map(([kind, alerts]) => ({
    name: `clickstream-${kind}`,
    interval: duration(windows.interval),
    rules: (alerts(windows) as AlertSource[]).map(alertOf),
  }))

/** The generated files by their path from the folder of the project. */
export const ruleFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['prometheus/rules/clickstream.yml', rulesYaml(recordingGroups(PRODUCTION))],
    ['prometheus/alerts/clickstream.yml', rulesYaml(alertGroups(PRODUCTION))],
    ['prometheus/short/rules.yml', SHORT_HEADER + rulesYaml(recordingGroups(SHORT))],
    ['prometheus/short/alerts.yml', SHORT_HEADER + rulesYaml(alertGroups(SHORT))],
    ['alertmanager/alertmanager.yml', alertmanagerConfig()],
  ])

const GENERATED = '# Written by scripts/rules.ts from prometheus/src: change it there.\n'

const SHORT_HEADER = `# For whoever watches or tests. The names are those of production, the windows are not: minutes are seconds, an hour is
# a minute, a day two, a week ten. Scrape every second; load these files or those of production, never both.
`

/** A rule file. Expressions are laid out in one line each unless they were written in several. */
export const rulesYaml = (groups: readonly RuleGroup<RecordingRule | AlertRule>[]): string =>
  GENERATED +
  stringify(
    { groups: groups.map((group) => ({ ...group, rules: group.rules.map(withTidyExpression) })) },
    { lineWidth: 0, aliasDuplicateObjects: false },
  )

/** Takes off the indentation that an expression has in the source. */
function withTidyExpression<Rule extends RecordingRule | AlertRule>(rule: Rule): Rule {
  const lines = rule.expr.split('\n').filter((line) => line.trim() !== '')
  const margin = Math.min(...lines.map((line) => line.length - line.trimStart().length))
  return { ...rule, expr: lines.map((line) => line.slice(margin)).join('\n') }
}
