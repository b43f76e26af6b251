import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { configurationTable } from './configuration-table.ts'
import { dialectsTable } from './dialects-table.ts'
import { metricsTable } from './metrics-table.ts'
import { reasonsTable } from './reasons-table.ts'

/** A part of a document that is written from the code, so that it cannot say anything else. */
export interface Section {
  readonly name: string
  /** Markdown without the marks around it. */
  render(): string
}

const metrics = await metricsTable()

/** The documents that have generated sections. */
export const DOCUMENTS: readonly { readonly path: string; readonly sections: readonly Section[] }[] = [
  {
    path: 'README.md',
    sections: [
      { name: 'metrics', render: () => metrics },
      { name: 'configuration', render: configurationTable },
    ],
  },
  {
    path: 'docs/definitions.md',
    sections: [
      { name: 'reasons', render: reasonsTable },
      { name: 'dialects', render: dialectsTable },
    ],
  },
]

const opening = (name: string): string => `<!-- generated:${name} -->`
const closing = (name: string): string => `<!-- /generated:${name} -->`

/**
 * The document with every section between its marks written anew.
 * @throws {Error} when a section's marks are missing, doubled or unclosed, or when marks name no section.
 */
export function withSections(document: string, sections: readonly Section[]): string {
  const named = [...document.matchAll(/<!-- generated:(.*?) -->/g)].map(([, name]) => name!)
  const unknown = named.find((name) => !sections.some((section) => section.name === name))
  if (unknown !== undefined) throw new Error(`${opening(unknown)} names no section, take it out or add the section`)
  return sections.reduce(withSection, document)
}

function withSection(document: string, { name, render }: Section): string {
  const [before, after, ...more] = document.split(opening(name))
  if (after === undefined) throw new Error(`${opening(name)} is missing, put it where the section belongs`)
  if (more.length > 0) throw new Error(`${opening(name)} stands there twice, take one out`)
  const end = after.indexOf(closing(name))
  if (end === -1) throw new Error(`${closing(name)} is missing after ${opening(name)}`)
  return `${before}${opening(name)}\n\n${render().trim()}\n\n${after.slice(end)}`
}

/** Names of the sections whose text in the document is not what the code says. @throws {Error} as withSections. */
export function driftedSections(document: string, sections: readonly Section[]): string[] {
  withSections(document, sections)
  return sections.filter((section) => withSection(document, section) !== document).map(({ name }) => name)
}

/** Rewrites the file, or with `check` only compares. Returns the exit code and the line to print. */
export function updateFile(
  path: string,
  sections: readonly Section[],
  { check }: { check: boolean },
): { readonly exitCode: number; readonly line: string } {
  if (!existsSync(path)) return { exitCode: 1, line: `${path}: there is no such file, write it with the marks in it` }
  const document = readFileSync(path, 'utf8')
  try {
    const drifted = driftedSections(document, sections)
    if (drifted.length === 0) return { exitCode: 0, line: `${path}: up to date` }
    if (check) return { exitCode: 1, line: `${path}: ${drifted.join(', ')} drifted, run npm run docs` }
    writeFileSync(path, withSections(document, sections))
    return { exitCode: 0, line: `${path}: ${drifted.join(', ')} written` }
  } catch (error) {
    return { exitCode: 1, line: `${path}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

if (import.meta.main) {
  const check = process.argv.includes('--check')
  for (const { path, sections } of DOCUMENTS) {
    const { exitCode, line } = updateFile(path, sections, { check })
    process.stdout.write(`${line}\n`)
    if (exitCode !== 0) process.exitCode = exitCode
  }
}
