import { readFileSync } from 'node:fs'
import type { Dialect } from '../contract/dialects.ts'
import { describeFault, type SettingsFault } from '../settings/fault.ts'
import { parseMapping } from './custom-dialect.ts'

/** A mapping that cannot be used. The message has a line for every fault, with its place and the fix. */
export class RefusedMapping extends Error {
  readonly faults: readonly SettingsFault[]

  constructor(faults: readonly SettingsFault[]) {
    super(faults.map(describeFault).join('\n'))
    this.name = 'RefusedMapping'
    this.faults = faults
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, check the path',
  EISDIR: 'is a folder, name the YAML file in it',
  EACCES: 'no permission to read it, change its mode or owner',
}

/** The dialect that a mapping file describes. @throws {RefusedMapping} with all its faults, or that it cannot be read. */
export function readMappingFile(path: string): Dialect {
  let yamlText: string
  try {
    yamlText = readFileSync(path, 'utf8')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    const fix = UNREADABLE[code] ?? `cannot be read (${message})`
    throw new RefusedMapping([{ setting: 'mapping', value: path, fix }])
  }
  const mapping = parseMapping(yamlText, path)
  if ('faults' in mapping) throw new RefusedMapping(mapping.faults)
  return mapping.dialect
}
