import { readFileSync } from 'node:fs'
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { TreeFault } from './entry.ts'
import type { SettingsFault } from './fault.ts'

/** What the configuration file holds under one key. */
export interface FileEntry {
  /** `settings.yaml:3` */
  readonly from: string
  /** A scalar as it is written; undefined when there is none. */
  readonly text: string | undefined
  /** A list of scalars as they are written; undefined when it is no such list. */
  readonly items: readonly string[] | undefined
  /** The whole tree as plain objects. @throws {ReferenceError} when it refers to an anchor that does not exist. */
  tree(): unknown
  /** Where in the file a part of the tree stands; of a part that is missing, where it should. */
  locate(path: TreeFault['path']): { readonly from: string; readonly value: string | undefined }
}

export interface SettingsFile {
  readonly entries: ReadonlyMap<string, FileEntry>
  readonly faults: readonly SettingsFault[]
}

/** Reads the keys of a YAML file without judging them. A file that cannot be read or parsed is a fault. */
export function readSettingsFile(path: string): SettingsFile {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    return { entries: new Map(), faults: [{ setting: 'config', value: path, fix: unreadable(error, 'YAML') }] }
  }
  return entriesOf(content, path)
}

/** Why a file of this kind could not be read, and what to do. */
export function unreadable(error: unknown, kind: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file, check the path'
  if (code === 'EISDIR') return `is a folder, name the ${kind} file in it`
  if (code === 'EACCES') return 'no permission to read it, change its mode or owner'
  return `cannot be read (${message})`
}

function entriesOf(content: string, path: string): SettingsFile {
  const lines = new LineCounter()
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => `${path}:${lines.linePos(offset).line}`

  const faults = [...document.errors, ...document.warnings].map(
    ({ message, pos }): SettingsFault => ({ setting: 'config', from: at(pos[0]), fix: message }),
  )
  const entries = new Map<string, FileEntry>()
  // What stands around a syntax error is guesswork, so its faults would be too.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY') || document.contents === null)
    return { entries, faults }
  if (!isMap<Node, Node | null>(document.contents)) {
    faults.push({ setting: 'config', from: at(rangeStart(document.contents)), fix: 'write settings as key: value' })
    return { entries, faults }
  }
  for (const { key, value } of document.contents.items) {
    if (!entries.has(textOf(key, document) ?? ''))
      entries.set(textOf(key, document) ?? '', entryOf(document, key, value, at))
  }
  return { entries, faults }
}

function entryOf(document: Document, key: Node, given: Node | null, at: (offset: number) => string): FileEntry {
  const value = resolved(given, document)
  const texts = isSeq<Node | null>(value) ? value.items.map((item) => textOf(item, document) ?? '') : undefined
  const scalarsOnly = isSeq<Node | null>(value) && value.items.every((item) => isScalar(resolved(item, document)))
  return {
    from: at(rangeStart(key)),
    text: textOf(value, document),
    items: scalarsOnly ? texts : undefined,
    tree: () => value?.toJS(document),
    locate(path) {
      let start = rangeStart(key)
      let node: Node | null | undefined = value
      for (const step of path) {
        const part = partOf(resolved(node, document), step, document)
        if (part === undefined) return { from: at(start), value: undefined }
        start = part.start
        node = part.node
      }
      return { from: at(start), value: textOf(node, document) }
    },
  }
}

/** One step down a tree: the start is that of the key, or of the list item. */
function partOf(
  parent: Node | null | undefined,
  step: string | number,
  document: Document,
): { start: number; node: Node | null } | undefined {
  if (isMap<Node, Node | null>(parent)) {
    const pair = parent.items.find(({ key }) => textOf(key, document) === step)
    return pair && { start: rangeStart(pair.key), node: pair.value }
  }
  if (!isSeq<Node | null>(parent) || typeof step !== 'number') return undefined
  const item = parent.items[step]
  return item ? { start: rangeStart(item), node: item } : undefined
}

const rangeStart = (node: Node): number => node.range?.[0] ?? 0

const resolved = (node: Node | null | undefined, document: Document): Node | undefined =>
  isAlias(node) ? node.resolve(document) : (node ?? undefined)

/** The text as it is written, so that `1e3` and `007` reach the setting's own parser. */
function textOf(given: Node | null | undefined, document: Document): string | undefined {
  const node = resolved(given, document)
  if (!isScalar(node) || node.value === null) return undefined
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}
