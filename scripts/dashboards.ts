import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dashboards } from '../grafana/src/dashboards.ts'

/** The files' texts by their names. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map([...dashboards()].map(([name, dashboard]) => [name, asFormatted(dashboard)]))

const WORD = /"(?:[^"\\\n]|\\.)*"/.source
const LIST_OF_WORDS = new RegExp(`\\[\\n\\s+(${WORD}(?:,\\n\\s+${WORD})*)\\n\\s+\\]`, 'g')

/** JSON with lists of words in one line, so that the formatter of this project finds nothing to change. */
const asFormatted = (value: object): string =>
  `${JSON.stringify(value, undefined, 2)}\n`.replace(
    LIST_OF_WORDS,
    (_, words: string) => `[${words.replace(/\n\s+/g, ' ')}]`,
  )

/**
 * Writes every dashboard into the folder that is not there as the source says and removes what it does not know, or
 * with `check` only compares.
 * @returns the exit code and the lines to print
 */
export function updateDashboards(
  folder: string,
  { check }: { check: boolean },
): { readonly exitCode: number; readonly lines: readonly string[] } {
  mkdirSync(folder, { recursive: true })
  const files = dashboardFiles()
  const strangers = readdirSync(folder).filter((name) => name.endsWith('.json') && !files.has(name))
  const drifted = [...files].filter(([name, text]) => {
    const path = join(folder, name)
    return !existsSync(path) || readFileSync(path, 'utf8') !== text
  })
  if (check) {
    const lines = [
      ...drifted.map(([name]) => `${name}: drifted, run node scripts/dashboards.ts`),
      ...strangers.map((name) => `${name}: made by no code, remove it or write its source in grafana/src`),
    ]
    return lines.length > 0 ? { exitCode: 1, lines } : { exitCode: 0, lines: [`${files.size} dashboards: up to date`] }
  }
  for (const name of strangers) rmSync(join(folder, name))
  for (const [name, text] of drifted) writeFileSync(join(folder, name), text)
  return {
    exitCode: 0,
    lines: [
      ...[...files.keys()].map(
        (name) => `${name}: ${drifted.some(([other]) => other === name) ? 'written' : 'up to date'}`,
      ),
      ...strangers.map((name) => `${name}: removed`),
    ],
  }
}

if (import.meta.main) {
  const { exitCode, lines } = updateDashboards('grafana/dashboards', { check: process.argv.includes('--check') })
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = exitCode
}
