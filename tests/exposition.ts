export { parseExposition } from '../commands/verify/exposition.ts'

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
