import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { duration } from '../../prometheus/src/windows.ts'
import { answersOf, firedIn } from './answers.ts'
import { CHOSEN_PANELS, type ChosenPanels } from './chosen-panels.ts'
import { type Dashboard, panelOf, readDashboard } from './dashboard.ts'
import type { Answer } from './draw/drawing.ts'
import { drawPicture } from './draw/picture.ts'
import { type Period, type Prometheus, prometheusAt } from './prometheus-api.ts'
import { builtInValues, type Values, valuesOf } from './variables.ts'

export interface Wanted {
  readonly prometheusUrl: string
  /** Folder of the pictures, made if it is not there. */
  readonly out: string
  /** End of the period, in epoch seconds. */
  readonly end: number
  /** Length of the period; without it as long as the dashboard shows when it is opened. */
  readonly periodSeconds: number | undefined
  /** In the place of the dashboards' own, such as `5m`. */
  readonly window: string | undefined
  /** Stands below every picture. */
  readonly note: string | undefined
}

/** So many points a line, so many columns a heat map: a picture stays small. */
const MOST_STEPS = 80

/** Draws a picture of every chosen dashboard. Rejects with what Prometheus does not answer, or where a file cannot be written. */
export async function drawAll(wanted: Wanted, say: (line: string) => void): Promise<void> {
  const prometheus = prometheusAt(wanted.prometheusUrl)
  mkdirSync(wanted.out, { recursive: true })
  for (const chosen of CHOSEN_PANELS) {
    const path = join(wanted.out, chosen.file.replace(/\.json$/, '.svg'))
    const svg = await pictureOf(chosen, prometheus, wanted)
    writeFileSync(path, svg)
    say(`${path}: ${Math.ceil(Buffer.byteLength(svg) / 1000)} kB`)
  }
}

async function pictureOf({ file, rows }: ChosenPanels, prometheus: Prometheus, wanted: Wanted): Promise<string> {
  const dashboard = readDashboard(file)
  const period = periodOf(dashboard, wanted)
  const chosen = await valuesOf(dashboard.templating.list, prometheus, period, wanted.window)
  const values = { ...chosen, ...builtInValues(period, chosen.window ?? duration(period.step)) }
  const answers = new Map<string, readonly Answer[]>()
  for (const [title] of rows.flatMap(({ panels }) => panels)) {
    answers.set(title, await answersOf(panelOf(dashboard, title), prometheus, period, values))
  }
  const fired = await firedIn(dashboard, prometheus, period, values)
  return drawPicture({ dashboard, rows, answers, fired, period, shown: inWords(chosen), note: wanted.note })
}

/** Whole steps, the last at its end. */
export function periodOf(
  { time }: Pick<Dashboard, 'time'>,
  { end, periodSeconds }: Pick<Wanted, 'end' | 'periodSeconds'>,
): Period {
  const seconds = periodSeconds ?? secondsOf(time.from)
  const step = Math.max(1, Math.ceil(seconds / MOST_STEPS))
  return { start: end - Math.floor(seconds / step) * step, end, step }
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function secondsOf(from: string): number {
  const [, count, unit] = /^now-(\d+)([smhd])$/.exec(from) ?? []
  if (unit === undefined) throw new Error(`a dashboard begins at ${from}, give the length of the period with --period`)
  return Number(count) * UNIT_SECONDS[unit]!
}

const inWords = ({ job, group, funnel, window }: Values): string =>
  [
    `job ${job}`,
    `group ${group}`,
    ...(funnel === undefined ? [] : [`funnel ${funnel}`]),
    ...(window === undefined ? [] : [`rates over ${window}`]),
  ].join(', ')
