import { describe, expect, test } from 'vitest'
import { behaviourAlerts } from '../../prometheus/src/behaviour-alerts.ts'
import { PRODUCTION, SHORT, type Windows } from '../../prometheus/src/windows.ts'
import { BEHAVIOUR_CASES } from '../../prometheus/tests/behaviour-cases.ts'
import type { AlertCase } from '../../prometheus/tests/case.ts'
import { COLLECTOR_CASES } from '../../prometheus/tests/collector-cases.ts'
import { DATA_CASES } from '../../prometheus/tests/data-cases.ts'
import { caseTest, complaints } from '../../prometheus/tests/firing.ts'
import { PIPELINE_CASES } from '../../prometheus/tests/pipeline-cases.ts'
import { BACKLOG, UNNOTICED_BACKLOG, WORLD_CASES } from '../../prometheus/tests/world-cases.ts'
import { mustRun } from '../required-program.ts'

const CASES: readonly AlertCase[] = [...BEHAVIOUR_CASES, ...DATA_CASES, ...PIPELINE_CASES, ...COLLECTOR_CASES]

/** Passes when promtool has nothing to say against the cases, with the rules behind one alert or with all. */
function holds(name: string, cases: readonly Omit<AlertCase, 'alert'>[], windows: Windows, alert?: string): void {
  test(name, async ({ skip }) => {
    if (!mustRun('promtool')) return skip('promtool is not installed')
    expect(
      await complaints(
        cases.map((one) => caseTest(one, windows)),
        windows,
        alert,
      ),
    ).toBe('')
  })
}

describe('with short windows', () => {
  for (const one of CASES) holds(`${one.alert} ${one.says}`, [one], SHORT, one.alert)
})

/** What fires first of each: the rules are the same, the days are longer. */
const FIRST_TO_FIRE = CASES.filter(
  ({ alert, firing }, at) =>
    firing.length > 0 && CASES.findIndex((one) => one.alert === alert && one.firing.length > 0) === at,
)

describe('in production', () => {
  for (const one of FIRST_TO_FIRE) holds(`${one.alert} ${one.says}`, [one], PRODUCTION, one.alert)
})

describe('of all alerts', () => {
  for (const one of WORLD_CASES) holds(one.says, [one], SHORT)
})

describe('a backlog of two hours, read in a minute and full of things to tell', () => {
  for (const alert of new Set(behaviourAlerts(PRODUCTION).map(({ alert }) => alert))) {
    holds(`fires no ${alert}`, [{ ...BACKLOG, says: alert, firing: [] }], PRODUCTION, alert)
  }
  for (const alert of ['BounceRatioHigh', 'ConversionAnomaly']) {
    const firing = UNNOTICED_BACKLOG.firing.filter((fired) => fired.startsWith(alert))
    holds(
      `would fire ${alert} if nobody asked for caught_up`,
      [{ ...UNNOTICED_BACKLOG, says: alert, firing }],
      PRODUCTION,
      alert,
    )
  }
})
