import { formatOf } from '../files/format.ts'
import type { FileRecord } from '../files/record.ts'

const NO_NAME_HINT = new TextEncoder().encode('a')

/**
 * Whether a file is CSV, so that its numbers are text: by its name, else by its first record, which in CSV does not
 * stand on the first line, the header does, unless the columns are named.
 */
export function isCsvFile(path: string, first: FileRecord, columns: readonly string[] | undefined): boolean {
  const format = formatOf(path, NO_NAME_HINT)
  if (format !== 'csv' && format !== 'tsv') return false
  const named = /\.[ct]sv(\.(gz|zst))?$/i.test(path)
  return named || columns !== undefined || first.position > 1
}
