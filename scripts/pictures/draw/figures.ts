import { optionsOf } from '../dashboard.ts'
import { lastOf } from '../series.ts'
import { written } from '../units.ts'
import type { Draw } from './drawing.ts'
import { QUIET_TEXT } from './look.ts'
import { cutTo, text, widthOf } from './svg.ts'
import { colourOf } from './thresholds.ts'

const LARGEST = 40
const NAME = { size: 12, fill: QUIET_TEXT }
const NAME_GAP = 10
/** Of the height of its row. */
const SHARE = 0.62
/** Capital letters and digits are that much of the size of the type. */
const CAPITAL = 0.72

/** Big numbers, one upon the other; with their names where the panel shows several. */
export const drawFigures: Draw = ({ panel, answers, size }) => {
  const figures = answers.flatMap(({ refId, series }) =>
    series.flatMap((of) => {
      const value = lastOf(of)
      const { thresholds, ...field } = optionsOf(panel, refId)
      return value === undefined
        ? []
        : [{ name: of.name, label: written(value, field), colour: colourOf(value, thresholds.steps) }]
    }),
  )
  const isNamed = panel.options?.textMode === 'value_and_name'
  const rowHeight = size.height / figures.length
  const nameWidth = isNamed
    ? Math.min(size.width * 0.45, Math.max(...figures.map(({ name }) => widthOf(name, NAME))))
    : 0
  const room = size.width - (isNamed ? nameWidth + NAME_GAP : 0)
  return figures
    .map(({ name, label, colour }, row) => {
      const fitting = room / widthOf(label, { size: 1, isBold: true })
      const type = Math.floor(Math.min(LARGEST, rowHeight * SHARE, fitting))
      const baseLine = (row + 0.5) * rowHeight + (type * CAPITAL) / 2
      const number = { size: type, fill: colour, isBold: true }
      if (!isNamed) return text(size.width / 2, baseLine, label, { ...number, anchor: 'middle' })
      return [
        text(0, baseLine, cutTo(nameWidth, name, NAME), NAME),
        text(size.width, baseLine, label, { ...number, anchor: 'end' }),
      ].join('\n')
    })
    .join('\n')
}
