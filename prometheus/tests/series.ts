/** Samples of one series, one per scrape from time 0 on; undefined where a scrape did not show it. */
export type Samples = readonly (number | undefined)[]

export interface InputSeries {
  readonly series: string
  readonly values: string
}

export type Labels = Readonly<Record<string, string | number>>

export const seriesName = (metric: string, labels: Labels): string =>
  `${metric}{${Object.entries(labels)
    .map(([label, value]) => `${label}=${JSON.stringify(String(value))}`)
    .join(', ')}}`

/**
 * The samples as promtool reads them: runs of equal steps as `1+2x3`. A series that vanishes becomes stale with the
 * first scrape that does not show it, as in Prometheus.
 */
export function inputSeries(metric: string, labels: Labels, samples: Samples): InputSeries {
  const parts: string[] = []
  for (let at = 0; at < samples.length; ) {
    const first = samples[at]
    let end = at + 1
    if (first === undefined) {
      parts.push(at > 0 && samples[at - 1] !== undefined ? 'stale' : '_')
      at = end
      continue
    }
    const second = samples[end]
    if (second === undefined) {
      parts.push(String(first))
      at = end
      continue
    }
    const step = second - first
    while (end < samples.length && samples[end] !== undefined && samples[end]! - samples[end - 1]! === step) end++
    parts.push(`${first}${step < 0 ? step : `+${step}`}x${end - 1 - at}`)
    at = end
  }
  return { series: seriesName(metric, labels), values: parts.join(' ') }
}
