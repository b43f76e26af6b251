/** A page of /metrics as series -> value. The key is the series as it is written, labels included. */
export function parseExposition(text: string): Map<string, number> {
  const series = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const blank = line.lastIndexOf(' ')
    series.set(line.slice(0, blank), Number(line.slice(blank + 1).replace('+Inf', 'Infinity')))
  }
  return series
}

/** Name and labels of a series key. Label values must hold no commas or escapes, which those of the tests do not. */
export function parseSeries(key: string): { name: string; labels: Record<string, string> } {
  const match = /^([^{]+)(?:\{(.*)\})?$/.exec(key)
  const pairs = (match?.[2] ?? '').split(',').filter((pair) => pair !== '')
  const labels = Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      return [pair.slice(0, equals), pair.slice(equals + 2, -1)]
    }),
  )
  return { name: match![1]!, labels }
}

/** State-derived counters: whatever carries a partition and only ever rises. */
export const isStateCounter = (key: string): boolean =>
  /^clickstream_[a-z0-9_]+_(total|bucket|sum|count)\{/.test(key) && key.includes('partition="')
