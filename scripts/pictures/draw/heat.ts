import { time } from 'echarts'
import { optionsOf } from '../dashboard.ts'
import { type Series, timesOf } from '../series.ts'
import { written } from '../units.ts'
import { nameAxis, PLOT, timeFormat } from './axes.ts'
import { chart } from './chart.ts'
import type { Draw } from './drawing.ts'
import { BORDER, HEAT } from './look.ts'

const NAME_WIDTH = 80
/** So that few and many can both be seen. */
const EXPONENT = 0.5

/** A histogram over time: each row the values up to its bound and above that of the row below, the darker the more. */
export const drawHeat: Draw = ({ id, panel, answers: [answer], period, size }) => {
  const rows = filledRows(bucketsOf(answer!.series)).toReversed()
  const cells = rows.flatMap(({ counts }, row) =>
    counts.flatMap((count, column) => (isFilled(count) ? [[column, row, count ** EXPONENT]] : [])),
  )
  const format = timeFormat(period.start, period.end)
  const field = optionsOf(panel, answer!.refId)
  return chart(id, size, {
    grid: PLOT,
    xAxis: {
      type: 'category',
      data: timesOf(period).map((seconds) => time.format(seconds * 1000, format, true)),
      axisLine: { lineStyle: { color: BORDER } },
      axisTick: { show: false },
      axisLabel: { hideOverlap: true, fontSize: 11 },
    },
    yAxis: nameAxis(
      rows.map(({ bound }) => (bound === Infinity ? 'more' : `≤ ${written(bound, field)}`)),
      NAME_WIDTH,
    ),
    visualMap: {
      show: false,
      min: 0,
      max: Math.max(...cells.map(([, , shade]) => shade!), 0) || 1,
      dimension: 2,
      inRange: { color: HEAT },
    },
    series: [{ type: 'heatmap', silent: true, data: cells }],
  })
}

interface Bucket {
  /** Values up to and including it. */
  readonly bound: number
  /** What fell into this bucket alone, at each step. */
  readonly counts: readonly number[]
}

/** From the cumulative buckets, which carry their bounds as names, those of their own, lowest first. */
export function bucketsOf(series: readonly Series[]): Bucket[] {
  const cumulative = series
    .map(({ name, values }) => ({ bound: name === '+Inf' ? Infinity : Number(name), values }))
    .sort((one, other) => one.bound - other.bound)
  return cumulative.map(({ bound, values }, row) => ({
    bound,
    counts: values.map((value, step) => (value ?? 0) - (cumulative[row - 1]?.values[step] ?? 0)),
  }))
}

/** Differences of rates leave specks where nothing was. */
const isFilled = (count: number): boolean => count > 1e-9

/** Without the empty rows above and below all that is filled. */
function filledRows(buckets: readonly Bucket[]): readonly Bucket[] {
  const first = buckets.findIndex(({ counts }) => counts.some(isFilled))
  return first === -1 ? buckets : buckets.slice(first, buckets.findLastIndex(({ counts }) => counts.some(isFilled)) + 1)
}
