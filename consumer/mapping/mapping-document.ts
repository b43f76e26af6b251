import { type Document, isAlias, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { SettingsFault } from '../settings/fault.ts'

/** One `key: value` of a mapping file, or of a section of it. */
export interface MappingEntry {
  /** `fields.page` */
  readonly place: string
  readonly key: string
  /** `mapping.yaml:3` */
  readonly from: string
  /** The value as it is written; undefined when it is missing or no plain value. */
  readonly text: string | undefined
  /** The entries of a section; undefined when the value is none. */
  readonly section: readonly MappingEntry[] | undefined
}

/** Entries in the order of the file; a key that stands there twice is there twice. */
export type MappingDocument =
  | { readonly entries: readonly MappingEntry[]; readonly faults: readonly SettingsFault[] }
  | { readonly unreadable: readonly SettingsFault[] }

/** Reads the YAML of a mapping with the place of every key, without judging what it says. */
export function readMappingDocument(yamlText: string, fileName: string): MappingDocument {
  const lines = new LineCounter()
  const document = parseDocument(yamlText, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => `${fileName}:${lines.linePos(offset).line}`
  const faults = [...document.errors, ...document.warnings].map(
    ({ code, message, pos }): SettingsFault => ({
      from: at(pos[0]),
      fix: code === 'DUPLICATE_KEY' ? 'this key stands there twice, take one out' : `not YAML: ${message}`,
    }),
  )
  // What stands around a syntax error is guesswork, so its faults would be too.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { unreadable: faults }
  if (document.contents === null)
    return {
      unreadable: [{ from: `${fileName}:1`, fix: 'is empty, write at least fields: with userId, type and time' }],
    }
  if (!isMap<Node, Node | null>(document.contents)) {
    const fix = 'write a mapping as key: value, beginning with fields:'
    return { unreadable: [...faults, { from: at(document.contents.range?.[0] ?? 0), fix }] }
  }
  return { entries: entriesOf(document.contents.items, document, at, ''), faults }
}

function entriesOf(
  pairs: readonly { readonly key: Node; readonly value: Node | null }[],
  document: Document,
  at: (offset: number) => string,
  prefix: string,
): readonly MappingEntry[] {
  return pairs.map(({ key, value: given }) => {
    const value = isAlias(given) ? given.resolve(document) : given
    const name = textOf(key) ?? ''
    const place = `${prefix}${name}`
    return {
      place,
      key: name,
      from: at(key.range?.[0] ?? 0),
      text: textOf(value),
      section: isMap<Node, Node | null>(value) ? entriesOf(value.items, document, at, `${place}.`) : undefined,
    }
  })
}

/** As it is written, so that a key 404 or a path 1e3 stays what it looks like. */
function textOf(node: Node | null | undefined): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}
