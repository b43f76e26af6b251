import type { Answered, Period } from './prometheus-api.ts'

/** One line, bar or figure. */
export interface Series {
  readonly name: string
  /** One for each step of the period, or only one; null where there is nothing to show. */
  readonly values: readonly (number | null)[]
}

/** Epoch seconds of every step of the period. */
export function timesOf({ start, end, step }: Period): number[] {
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, at) => start + at * step)
}

/** The steps of a range answer as they are in time: where Prometheus has nothing, there is a gap. */
export function overTime(answered: readonly Answered[], legend: string, period: Period): Series[] {
  const times = timesOf(period)
  return answered.map(({ metric, values }) => {
    const byTime = new Map(values.map(([time, text]) => [Math.round(time), finite(text)]))
    return { name: nameOf(metric, legend), values: times.map((time) => byTime.get(time) ?? null) }
  })
}

/** The series of an instant answer. */
export const atOnce = (answered: readonly Answered[], legend: string): Series[] =>
  answered.map(({ metric, values }) => ({
    name: nameOf(metric, legend),
    values: values.map(([, text]) => finite(text)),
  }))

export const hasFigures = ({ values }: Series): boolean => values.some((value) => value !== null)

export const lastOf = ({ values }: Series): number | undefined =>
  values.findLast((value) => value !== null) ?? undefined

const nameOf = (metric: Answered['metric'], legend: string): string =>
  legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '').trim()

/** NaN is what a ratio without traffic gives: nothing to show. */
function finite(text: string): number | null {
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}
