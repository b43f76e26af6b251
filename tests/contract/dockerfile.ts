import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface Instruction {
  readonly word: string
  readonly text: string
}

/** The instructions of the last stage, which is the image, and the images all stages begin from. */
export interface Dockerfile {
  readonly bases: readonly string[]
  readonly instructions: readonly Instruction[]
}

export function readDockerfile(path: string): Dockerfile {
  const lines = readFileSync(path, 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const all = lines.map((line) => {
    const [word, ...rest] = line.trim().split(/\s+/)
    return { word: word!, text: rest.join(' ') }
  })
  const from = all.filter(({ word }) => word === 'FROM')
  return {
    bases: from.map(({ text }) => text.split(' ')[0]!),
    instructions: all.slice(all.lastIndexOf(from.at(-1)!) + 1),
  }
}

export const textsOf = ({ instructions }: Dockerfile, word: string): readonly string[] =>
  instructions.filter((instruction) => instruction.word === word).map(({ text }) => text)

/** Assignments of ENV or LABEL. */
export function valuesOf(dockerfile: Dockerfile, word: 'ENV' | 'LABEL'): Readonly<Record<string, string>> {
  const text = textsOf(dockerfile, word).join(' ')
  const assignments = [...text.matchAll(/([\w.]+)=("[^"]*"|\S+)/g)]
  return Object.fromEntries(assignments.map(([, name, value]) => [name!, value!.replaceAll('"', '')]))
}

/** What of the project's own the image holds, from the root of the project. */
export const copiedPaths = (dockerfile: Dockerfile): readonly string[] =>
  textsOf(dockerfile, 'COPY')
    .filter((text) => !text.startsWith('--from='))
    .flatMap((text) => text.split(' ').slice(0, -1))

export interface Imports {
  /** Paths from the root of the project. */
  readonly files: ReadonlySet<string>
  readonly packages: ReadonlySet<string>
}

const LOADED = /^(?:import|export(?= [*{])) (?!type )(?:[^'"]*? from )?['"]([^'"]+)['"]/gm

/** Everything a program loads, itself included; imports of types alone are erased before it runs. */
export function importsOf(root: string, entry: string): Imports {
  const files = new Set<string>([entry])
  const packages = new Set<string>()
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8')
    for (const [, specifier] of source.matchAll(LOADED)) {
      if (specifier!.startsWith('node:')) continue
      if (!specifier!.startsWith('.')) {
        packages.add(specifier!.split('/', specifier!.startsWith('@') ? 2 : 1).join('/'))
        continue
      }
      const target = normalize(join(dirname(file), specifier!))
      if (!existsSync(join(root, target))) throw new Error(`${file} imports ${specifier}, which is not there`)
      files.add(target)
    }
    for (const [, path] of source.matchAll(/new URL\('(\.[^']+)', import\.meta\.url\)/g)) {
      files.add(normalize(join(dirname(file), path!)))
    }
  }
  return { files, packages }
}
