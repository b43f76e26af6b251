import type { XAXisComponentOption, YAXisComponentOption } from 'echarts'
import type { FieldOptions } from '../dashboard.ts'
import type { Period } from '../prometheus-api.ts'
import { written } from '../units.ts'
import { BORDER, GRID_LINE, QUIET_TEXT } from './look.ts'
import type { Size } from './svg.ts'

const LABEL = { color: QUIET_TEXT, fontSize: 11 }

/** Wide enough for a time of day and some room. */
const TIME_LABEL_WIDTH = 90
const HOUR_SECONDS = 3600

/** Where the plot lies: its labels take what they need of the panel. */
export const PLOT = {
  left: 2,
  right: 14,
  top: 8,
  bottom: 2,
  outerBoundsMode: 'same',
  outerBoundsContain: 'axisLabel',
} as const

/** Of the period, in UTC. */
export function timeAxis({ start, end }: Period, { width }: Size): XAXisComponentOption {
  return {
    type: 'time',
    min: start * 1000,
    max: end * 1000,
    splitNumber: Math.max(2, Math.floor(width / TIME_LABEL_WIDTH)),
    axisLine: { lineStyle: { color: BORDER } },
    axisTick: { lineStyle: { color: BORDER } },
    axisLabel: {
      ...LABEL,
      hideOverlap: true,
      showMinLabel: false,
      showMaxLabel: false,
      formatter: timeFormat(start, end),
    },
  }
}

export function timeFormat(start: number, end: number): string {
  if (end - start > 24 * HOUR_SECONDS) return '{MM}-{dd} {HH}:{mm}'
  return end - start > HOUR_SECONDS / 3 ? '{HH}:{mm}' : '{HH}:{mm}:{ss}'
}

const PARTS = 4
/** A share of 1 may come out a little above it, and would get an axis far above. */
const ALL: Readonly<Record<string, number>> = { percentunit: 1, percent: 100 }
const isUpToAll = (unit: string, highest: number): boolean => Math.abs(highest / (ALL[unit] ?? 0) - 1) < 0.005

/** From 0, or from below where values are. */
export const amountAxis = (field: FieldOptions, lowest: number, highest: number): YAXisComponentOption => ({
  type: 'value',
  ...(lowest >= 0 && { min: 0 }),
  splitNumber: PARTS,
  ...(isUpToAll(field.unit, highest) && { max: ALL[field.unit]!, interval: ALL[field.unit]! / PARTS }),
  ...(field.unit === 'bytes' && highest > 0 && inPowersOfTwo(highest)),
  splitLine: { lineStyle: { color: GRID_LINE } },
  axisLabel: { ...LABEL, formatter: (value: number) => written(value, field) },
})

/** Parts that are round in KiB, MiB and GiB. */
function inPowersOfTwo(highest: number): { readonly interval: number; readonly max: number } {
  const interval = 2 ** Math.ceil(Math.log2(highest / PARTS))
  return { interval, max: Math.ceil(highest / interval) * interval }
}

/** Names from the top down, cut where they would take too much of the panel. */
export const nameAxis = (names: readonly string[], width: number): YAXisComponentOption => ({
  type: 'category',
  data: [...names],
  inverse: true,
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: { ...LABEL, interval: 0, width, overflow: 'truncate' },
})
