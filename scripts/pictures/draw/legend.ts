import { OTHER_SERIES, QUIET_TEXT } from './look.ts'
import { cutTo, rectangle, text, widthOf } from './svg.ts'

export interface Entry {
  readonly name: string
  readonly colour: string
}

export interface Legend {
  readonly height: number
  readonly svg: string
}

const NAME = { size: 11, fill: QUIET_TEXT }
const ROW_HEIGHT = 16
const MARK = 10
const MARK_GAP = 5
const ENTRY_GAP = 14

/** Coloured marks with names in as few rows as hold them; `others` more series are only counted. */
export function legend(entries: readonly Entry[], others: number, width: number): Legend {
  const all = others === 0 ? entries : [...entries, { name: `${others} more`, colour: OTHER_SERIES }]
  const pieces: string[] = []
  let x = 0
  let row = 0
  for (const { name, colour } of all) {
    const label = cutTo(width - MARK - MARK_GAP, name, NAME)
    const wide = MARK + MARK_GAP + widthOf(label, NAME)
    if (x > 0 && x + wide > width) {
      x = 0
      row++
    }
    const y = row * ROW_HEIGHT
    pieces.push(rectangle(x, y + 3, { width: MARK, height: MARK }, { fill: colour, radius: 2 }))
    pieces.push(text(x + MARK + MARK_GAP, y + ROW_HEIGHT - 4, label, NAME))
    x += wide + ENTRY_GAP
  }
  return { height: (row + 1) * ROW_HEIGHT, svg: pieces.join('\n') }
}
