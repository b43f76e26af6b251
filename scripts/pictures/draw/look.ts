/** One look for every picture, on a background of its own: it is as legible on a dark page as on a light one. */
export const FONT = 'Arial, Helvetica, sans-serif'

export const PAGE = '#eef1f4'
export const CARD = '#ffffff'
export const BORDER = '#d5dbe1'
export const TEXT = '#1c2733'
export const QUIET_TEXT = '#5b6875'
export const GRID_LINE = '#e4e8ec'
export const ALERT_BAND = 'rgba(214, 54, 63, 0.12)'

/** Of the series in their order. */
export const SERIES = [
  '#2f6fde',
  '#e0791a',
  '#23915c',
  '#8753c4',
  '#c9344a',
  '#1398ad',
  '#8a6a43',
  '#5d6b78',
  '#a39000',
  '#d0559c',
]

/** Of those beyond. */
export const OTHER_SERIES = '#b4bcc5'

/** From few to many. */
export const HEAT = ['#e3edfb', '#9cc0f2', '#4b86de', '#1d4fa8', '#0b2a66']

const NAMED: Readonly<Record<string, string>> = {
  green: '#1f8a57',
  orange: '#d9730d',
  red: '#cc2f3c',
  blue: '#2f6fde',
  text: TEXT,
}

/** The colour that a threshold names. @throws {Error} for a name without a colour */
export function namedColour(name: string): string {
  const colour = NAMED[name]
  if (colour === undefined) throw new Error(`colour ${name} is unknown, add it in scripts/pictures/draw/look.ts`)
  return colour
}
