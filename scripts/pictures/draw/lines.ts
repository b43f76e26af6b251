import { optionsOf } from '../dashboard.ts'
import { lastOf, type Series, timesOf } from '../series.ts'
import { amountAxis, PLOT, timeAxis } from './axes.ts'
import { chart } from './chart.ts'
import type { Draw } from './drawing.ts'
import { legend } from './legend.ts'
import { ALERT_BAND, namedColour, OTHER_SERIES, SERIES } from './look.ts'
import { at } from './svg.ts'

const LEGEND_GAP = 4

interface Line extends Series {
  readonly colour: string
}

/** Lines over time, or bands one upon the other where the panel stacks; red in the back while an alert fires. */
export const drawLines: Draw = ({ id, panel, answers, period, fired, size }) => {
  const { custom = {}, thresholds } = panel.fieldConfig.defaults
  const isStacked = custom.stacking?.mode === 'normal'
  const lines = coloured(answers.flatMap(({ series }) => series))
  const named = lines.slice(0, SERIES.length)
  const names = legend(named, lines.length - named.length, size.width)
  const plot = { width: size.width, height: size.height - names.height - LEGEND_GAP }
  const times = timesOf(period)
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null))
  const highest = Math.max(...values)
  const steps = custom.thresholdsStyle?.mode === 'dashed' ? thresholds.steps : []
  const thresholdLines = steps.flatMap(({ value, color }) =>
    value === null || value > highest ? [] : [{ yAxis: value, lineStyle: { color: namedColour(color) } }],
  )
  // Areas of several lines would cover each other.
  const isFilled = isStacked || lines.length === 1
  const svg = chart(id, plot, {
    grid: PLOT,
    xAxis: timeAxis(period, plot),
    yAxis: amountAxis(optionsOf(panel, answers[0]!.refId), Math.min(...values), highest),
    series: lines.map(({ values, colour }, index) => ({
      type: 'line',
      silent: true,
      showSymbol: false,
      lineStyle: { width: isStacked ? 0.5 : 1.5 },
      itemStyle: { color: colour },
      ...(isStacked && { stack: 'all' }),
      ...(isFilled && { areaStyle: { opacity: (custom.fillOpacity ?? 0) / 100 } }),
      // The largest above the others.
      z: 2 + lines.length - index,
      data: values.map((value, step) => [times[step]! * 1000, value]),
      ...(index === 0 && {
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { type: 'dashed' },
          data: thresholdLines,
        },
        markArea: {
          silent: true,
          itemStyle: { color: ALERT_BAND },
          data: fired.map(({ from, to }) => [{ xAxis: from * 1000 }, { xAxis: to * 1000 }]),
        },
      }),
    })),
  })
  return `${svg}\n${at(0, plot.height + LEGEND_GAP, names.svg)}`
}

/** Where there are more lines than colours, the largest come first and get them. */
function coloured(series: readonly Series[]): Line[] {
  const inOrder =
    series.length <= SERIES.length
      ? series
      : series.toSorted((one, other) => (lastOf(other) ?? 0) - (lastOf(one) ?? 0) || compare(one.name, other.name))
  return inOrder.map((line, index) => ({ ...line, colour: SERIES[index] ?? OTHER_SERIES }))
}

const compare = (one: string, other: string): number => (one < other ? -1 : 1)
