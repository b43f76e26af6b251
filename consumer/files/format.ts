import { isBlank, OPEN_BRACE, OPEN_BRACKET } from './bytes.ts'

/**
 * `json` is one array of events; several JSON texts, one per line, are `ndjson`. `tsv` is CSV with tabs, `pageviews`
 * are Wikimedia's hourly files.
 */
export const FILE_FORMATS = ['csv', 'tsv', 'ndjson', 'json', 'pageviews'] as const
export type FileFormat = (typeof FILE_FORMATS)[number]

const FORMATS_BY_EXTENSION: ReadonlyMap<string, FileFormat> = new Map([
  ['csv', 'csv'],
  ['tsv', 'tsv'],
  ['ndjson', 'ndjson'],
  ['jsonl', 'ndjson'],
  ['log', 'ndjson'],
  ['json', 'json'],
])

/**
 * The format of the file whose text begins with `head`: `named` if given, else by the extension (under .gz or .zst),
 * else by the first byte that is not blank. What is called JSON but does not begin with `[` is NDJSON.
 */
export function formatOf(path: string, head: Uint8Array, named = formatByExtension(path)): FileFormat {
  if (named !== undefined && named !== 'json') return named
  const first = head.find((byte) => !isBlank(byte))
  if (first === OPEN_BRACKET) return 'json'
  return named === 'json' || first === OPEN_BRACE || first === undefined ? 'ndjson' : 'csv'
}

const PAGEVIEWS_NAME = /^pageviews-\d{8}-\d{6}(\.gz|\.zst)?$/i

function formatByExtension(path: string): FileFormat | undefined {
  if (PAGEVIEWS_NAME.test(path.split(/[/\\]/).at(-1)!)) return 'pageviews'
  const [, extension] = /\.([^./\\]+)(?:\.(?:gz|zst))?$/i.exec(path) ?? []
  return extension === undefined ? undefined : FORMATS_BY_EXTENSION.get(extension.toLowerCase())
}
