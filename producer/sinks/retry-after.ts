/** Longer waits end here: who asks for a day may have meant it, but nobody would know what this process waits for. */
const LONGEST_WAIT_MS = 600_000

/** What a Retry-After header asks for, as seconds or as a date: milliseconds from now; undefined when it asks nothing. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS)
}
