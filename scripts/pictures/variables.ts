import { duration } from '../../prometheus/src/windows.ts'
import type { Variable } from './dashboard.ts'
import type { Period, Prometheus } from './prometheus-api.ts'

/** What each variable stands for, by its name. */
export type Values = Readonly<Record<string, string>>

/** The expression with the values in the places of `$name` and `${name}`. @throws {Error} for a name without a value */
export const filledIn = (expression: string, values: Values): string =>
  // Digits are the groups of label_replace.
  expression.replace(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (_, braced?: string, bare?: string) => {
    const name = (braced ?? bare)!
    const value = values[name]
    if (value === undefined) throw new Error(`$${name} in ${expression} is no variable of the dashboard`)
    return value
  })

/** Those that Grafana knows in every dashboard. */
export function builtInValues({ start, end, step }: Period, window: string): Values {
  const seconds = end - start
  return {
    __range: duration(seconds),
    __range_s: String(seconds),
    __interval: duration(step),
    __rate_interval: window,
  }
}

const LABEL_VALUES = /^label_values\((.*), *(\w+)\)$/

/**
 * The variables as Grafana has them when a dashboard is opened: all values where that may be, else the first.
 * Rejects when Prometheus has no value for one.
 * @param window takes the place of the value that the variable of that name begins with
 */
export async function valuesOf(
  variables: readonly Variable[],
  prometheus: Prometheus,
  period: Period,
  window: string | undefined,
): Promise<Values> {
  const values: Record<string, string> = {}
  for (const { name, type, definition = '', includeAll, allValue, current } of variables) {
    if (type === 'custom') values[name] = name === 'window' && window !== undefined ? window : String(current!.value)
    if (type !== 'query') continue
    if (includeAll && allValue !== undefined) {
      values[name] = allValue
      continue
    }
    const [, series, label] = LABEL_VALUES.exec(definition) ?? []
    if (series === undefined) throw new Error(`$${name} is not asked for by label_values(SERIES, LABEL): ${definition}`)
    const wanted = filledIn(series, values)
    const [first] = await prometheus.labelValues(label!, wanted, period)
    if (first === undefined)
      throw new Error(
        `Prometheus at ${prometheus.url} had no ${wanted} in this period: does it scrape the exporter, and load the rules?`,
      )
    values[name] = first
  }
  return values
}
