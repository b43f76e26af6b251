import { type ChosenRow, COLUMNS } from '../chosen-panels.ts'
import { type Dashboard, panelOf } from '../dashboard.ts'
import type { Period } from '../prometheus-api.ts'
import type { Answer, Span } from './drawing.ts'
import { PAGE, QUIET_TEXT } from './look.ts'
import { drawPanel } from './panel.ts'
import { at, document, rectangle, text } from './svg.ts'

export interface PictureOf {
  readonly dashboard: Dashboard
  readonly rows: readonly ChosenRow[]
  /** By the panel's title. */
  readonly answers: ReadonlyMap<string, readonly Answer[]>
  readonly fired: readonly Span[]
  readonly period: Period
  /** What the variables stand for, in a few words. */
  readonly shown: string
  /** What else has to be known to read it. */
  readonly note: string | undefined
}

const WIDTH = 1000
const MARGIN = 14
const GAP = 10
const HEAD = 62
const FOOT = 30
const COLUMN = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS

const ORIGIN = "drawn by npm run pictures from the dashboard's queries; not a screenshot of Grafana"

/** The chosen panels in their rows, as an SVG document. The same data give the same text. */
export function drawPicture({ dashboard, rows, answers, fired, period, shown, note }: PictureOf): string {
  const pieces: string[] = []
  let y = HEAD
  let count = 0
  for (const { height, panels } of rows) {
    let column = 0
    for (const [title, columns] of panels) {
      const size = { width: columns * COLUMN + (columns - 1) * GAP, height }
      count++
      const panel = drawPanel({
        id: `p${count}`,
        panel: panelOf(dashboard, title),
        answers: answers.get(title)!,
        period,
        fired,
        size,
      })
      pieces.push(at(MARGIN + column * (COLUMN + GAP), y, panel))
      column += columns
    }
    y += height + GAP
  }
  const height = y - GAP + FOOT
  const origin = note === undefined ? ORIGIN : `${note}; ${ORIGIN}`
  const quiet = { size: 12, fill: QUIET_TEXT }
  const subtitle = `${spanInWords(period)}; ${shown}; red bands: an alert fires`
  const titles = rows.flatMap(({ panels }) => panels.map(([title]) => title))
  const content = [
    rectangle(0, 0, { width: WIDTH, height }, { fill: PAGE }),
    text(MARGIN, 29, dashboard.title, { size: 20, isBold: true }),
    text(MARGIN, 50, subtitle, quiet),
    ...pieces,
    text(MARGIN, height - 11, origin, quiet),
  ].join('\n')
  return document({ width: WIDTH, height }, dashboard.title, `${titles.join(', ')}. ${origin}.`, content)
}

/** `2026-01-31 09:00:05 to 09:05:05 UTC`; the day twice where there are two. */
function spanInWords({ start, end }: Period): string {
  const [from, to] = [start, end].map((seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).split('T')) as [
    [string, string],
    [string, string],
  ]
  return `${from.join(' ')} to ${from[0] === to[0] ? to[1] : to.join(' ')} UTC`
}
