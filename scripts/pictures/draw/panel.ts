import { hasFigures } from '../series.ts'
import { unitInWords } from '../units.ts'
import { drawBars } from './bars.ts'
import type { Draw, Drawing } from './drawing.ts'
import { drawFigures } from './figures.ts'
import { drawHeat } from './heat.ts'
import { drawLines } from './lines.ts'
import { BORDER, CARD, QUIET_TEXT } from './look.ts'
import { drawStates } from './states.ts'
import { at, cutTo, rectangle, text } from './svg.ts'

const DRAWN_BY_TYPE: Readonly<Record<string, Draw>> = {
  timeseries: drawLines,
  stat: drawFigures,
  bargauge: drawBars,
  heatmap: drawHeat,
  'state-timeline': drawStates,
}

const EDGE = 12
const HEAD = 42
const TITLE = { size: 13, isBold: true }
const UNIT = { size: 11, fill: QUIET_TEXT }
const NOTHING = { size: 14, fill: QUIET_TEXT, anchor: 'middle' } as const

/**
 * A panel with its frame, title and unit; one without figures says so.
 * @throws {Error} for a type of panel that is not drawn yet
 */
export function drawPanel({ size, ...drawing }: Drawing): string {
  const { type, title, fieldConfig } = drawing.panel
  const draw = DRAWN_BY_TYPE[type]
  if (draw === undefined)
    throw new Error(
      `panel "${title}" is a ${type}, which is not drawn: choose one of ${Object.keys(DRAWN_BY_TYPE).join(', ')}`,
    )
  const plot = { width: size.width - 2 * EDGE, height: size.height - HEAD - EDGE }
  const answers = drawing.answers.map(({ refId, series }) => ({ refId, series: series.filter(hasFigures) }))
  const isEmpty = answers.every(({ series }) => series.length === 0)
  return [
    rectangle(0, 0, size, { fill: CARD, stroke: BORDER, radius: 6 }),
    text(EDGE, 21, cutTo(plot.width, title, TITLE), TITLE),
    text(EDGE, 36, type === 'state-timeline' ? 'state' : unitInWords(fieldConfig.defaults.unit), UNIT),
    at(
      EDGE,
      HEAD,
      isEmpty
        ? text(plot.width / 2, plot.height / 2, fieldConfig.defaults.noValue ?? 'no data', NOTHING)
        : draw({ ...drawing, answers, size: plot }),
    ),
  ].join('\n')
}
