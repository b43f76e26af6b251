import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { alertmanagerConfig } from '../prometheus/src/alertmanager.ts'
import { ruleFiles } from '../prometheus/src/files.ts'

/**
 * Writes every generated file below the folder that is not as the source says, or with `check` only compares.
 * @returns the exit code and the lines to print
 */
export function updateRules(
  folder: string,
  { check }: { check: boolean },
): { readonly exitCode: number; readonly lines: readonly string[] } {
  let exitCode = 0
  const lines: string[] = []
  for (const [path, text] of ruleFiles()) {
    const file = join(folder, path)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) {
      lines.push(`${path}: up to date`)
    } else if (check) {
      exitCode = 1
      lines.push(`${path}: drifted, run node scripts/rules.ts`)
    } else {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      lines.push(`${path}: written`)
    }
  }
  return { exitCode, lines }
}

/** The URL after --webhook. @throws {Error} when it is missing or none of http. */
export function webhookOf(url: string | undefined): string {
  if (url !== undefined && /^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url
  throw new Error(`--webhook: ${url ?? 'nothing'} is no address, give one such as http://127.0.0.1:9095/alerts`)
}

if (import.meta.main) {
  const webhook = process.argv.indexOf('--webhook')
  if (webhook !== -1) {
    try {
      process.stdout.write(alertmanagerConfig(webhookOf(process.argv[webhook + 1])))
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`)
      process.exitCode = 2
    }
  } else {
    const { exitCode, lines } = updateRules(process.cwd(), { check: process.argv.includes('--check') })
    process.stdout.write(`${lines.join('\n')}\n`)
    process.exitCode = exitCode
  }
}
