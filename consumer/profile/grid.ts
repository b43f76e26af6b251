import { shortened } from '../report/section.ts'

/** A heading over columns of aligned cells, the first to the left and numbers to the right; empty without rows. */
export function grid(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const lines = [columns, ...rows].map((cells) => cells.map(shortened))
  const widths = columns.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  const text = lines.map((cells) => {
    const aligned = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
    )
    return `  ${aligned.join('  ')}`.trimEnd()
  })
  return `${title}\n${text.join('\n')}\n`
}
