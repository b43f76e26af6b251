import type { CustomSeriesOption } from 'echarts'
import type { Panel } from '../dashboard.ts'
import { type Series, timesOf } from '../series.ts'
import { nameAxis, PLOT, timeAxis } from './axes.ts'
import { chart } from './chart.ts'
import type { Draw } from './drawing.ts'
import { legend } from './legend.ts'
import { at, type Size } from './svg.ts'
import { colourOf } from './thresholds.ts'

const LEGEND_GAP = 4
/** Of a row's height. */
const BAR = 0.7
const THICKEST = 26

/** A row for each series, a bar for as long as it had one value, in the colour of the value. */
export const drawStates: Draw = ({ id, panel, answers, period, size }) => {
  const { steps } = panel.fieldConfig.defaults.thresholds
  const series = answers.flatMap((answer) => answer.series)
  const names = legend(namedStates(panel), 0, size.width)
  const plot: Size = { width: size.width, height: size.height - names.height - LEGEND_GAP }
  const bars = series.flatMap((of, row) => barsOf(of, timesOf(period), period.step).map((bar) => ({ ...bar, row })))
  const svg = chart(id, plot, {
    grid: PLOT,
    xAxis: timeAxis(period, plot),
    yAxis: nameAxis(
      series.map(({ name }) => name),
      size.width / 3,
    ),
    series: [
      {
        type: 'custom',
        silent: true,
        clip: true,
        encode: { x: [0, 1], y: 2 },
        data: bars.map(({ from, to, row, value }) => [from * 1000, to * 1000, row, value]),
        renderItem: (_, bar) => {
          const [left, middle] = bar.coord([bar.value(0), bar.value(2)]) as [number, number]
          const [right] = bar.coord([bar.value(1), bar.value(2)]) as [number]
          const [, rowHeight] = bar.size!([0, 1]) as [number, number]
          const height = Math.min(rowHeight * BAR, THICKEST)
          return {
            type: 'rect',
            shape: { x: left, y: middle - height / 2, width: Math.max(right - left, 1), height },
            style: { fill: colourOf(Number(bar.value(3)), steps) },
          }
        },
      } satisfies CustomSeriesOption,
    ],
  })
  return `${svg}\n${at(0, plot.height + LEGEND_GAP, names.svg)}`
}

interface Bar {
  readonly from: number
  readonly to: number
  readonly value: number
}

/** Neighbouring steps of one value as one bar; a value holds until the next step. */
export function barsOf({ values }: Series, times: readonly number[], step: number): Bar[] {
  const bars: Bar[] = []
  for (const [index, value] of values.entries()) {
    if (value === null) continue
    const from = times[index]!
    const last = bars.at(-1)
    if (last !== undefined && last.to === from && last.value === value)
      bars[bars.length - 1] = { ...last, to: from + step }
    else bars.push({ from, to: from + step, value })
  }
  return bars
}

const namedStates = ({ fieldConfig: { defaults } }: Panel) =>
  (defaults.mappings ?? []).flatMap(({ options }) =>
    Object.entries(options).map(([value, { text }]) => ({
      name: text,
      colour: colourOf(Number(value), defaults.thresholds.steps),
    })),
  )
