import { harmless } from '../harmless.ts'

/** One line of a section: what it is, how much, and what to know about it. */
export type Row = readonly [name: string, value: string, note?: string]

export const grouped = (amount: number): string => amount.toLocaleString('en-US')

export const share = (part: number, whole: number): string =>
  whole === 0 ? '' : `${((part / whole) * 100).toFixed(1)} %`

const LONGEST_NAME = 60

/** Names to the left, numbers to the right; empty without rows. */
export function section(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return ''
  const shown = rows.map(([name, value, note = '']) => ({
    name: shortened(name),
    value,
    note,
  }))
  const nameWidth = Math.max(...shown.map(({ name }) => name.length))
  const valueWidth = Math.max(...shown.map(({ value }) => value.length))
  const noteWidth = Math.max(...shown.map(({ note }) => note.indexOf(' %') + 2))
  const lines = shown.map(({ name, value, note }) => {
    const aligned = note.padStart(note.length + (note.includes(' %') ? noteWidth - (note.indexOf(' %') + 2) : 0))
    return `  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}  ${aligned}`.trimEnd()
  })
  return `${title}\n${lines.join('\n')}\n`
}

/** What others sent, fit for a line of a table. */
export function shortened(text: string): string {
  const shown = harmless(text)
  return shown.length > LONGEST_NAME ? `${shown.slice(0, LONGEST_NAME - 1)}…` : shown
}
