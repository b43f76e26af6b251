import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Windows } from '../src/windows.ts'
import { type AlertCase, Shop } from './case.ts'
import { promtool, type RuleTest, rulesFor, testFile } from './promtool.ts'

const ALERTS = 'ALERTS{alertstate="firing"}'
const BY = 'group by (alertname, cause, direction, label, long, reason, sign, what)'

/** The case as promtool runs it: whatever fires at its end, or nothing from when it happens on. */
export function caseTest(
  { says, before, lasts, series, firing }: Omit<AlertCase, 'alert'>,
  windows: Windows,
): RuleTest {
  const from = onTheScrape(before(windows), windows)
  const until = from + onTheScrape(lasts(windows), windows)
  const expr = firing.length > 0 ? `${BY} (${ALERTS})` : `${BY} (last_over_time(${ALERTS}[${until - from}s]))`
  return {
    name: says,
    every: windows.interval,
    series: series(new Shop(windows, from, until)),
    expectations: [{ expr, atSeconds: until, samples: firing.map((alert) => ({ series: named(alert), value: 1 })) }],
  }
}

const onTheScrape = (seconds: number, { interval }: Windows): number => Math.ceil(seconds / interval) * interval

/** `Name{a="b"}` is `{alertname="Name", a="b"}`. */
function named(alert: string): string {
  const [name, labels] = alert.split('{')
  return `{alertname="${name}"${labels === undefined ? '}' : `, ${labels}`}`
}

/** Has promtool run the tests with the rules behind one alert, or with all. @returns what it complains of, '' if nothing */
export async function complaints(tests: readonly RuleTest[], windows: Windows, alert?: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-rules-'))
  try {
    const rules = rulesFor(windows, alert)
    const used = tests.map((one) => ({
      ...one,
      series: one.series.filter(({ series }) => new RegExp(`\\b${series.split('{')[0]}\\b`).test(rules)),
    }))
    writeFileSync(join(folder, 'rules.yml'), rules)
    writeFileSync(join(folder, 'tests.yml'), testFile('rules.yml', windows, used))
    const { status, output } = await promtool('test', 'rules', join(folder, 'tests.yml'))
    return status === 0 ? '' : output
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
