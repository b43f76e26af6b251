import { Counter, Histogram, type Registry } from 'prom-client'

/** What is done with the value of a record. */
export type Work = (value: Buffer) => void

/** Makes an object of it and nothing more: what any program pays that reads with kafkajs and parses. */
export const JUST_PARSE: Work = (value) => {
  if (JSON.parse(value.toString()).page === undefined) throw new RangeError('an event without a page')
}

const SESSION_GAP_MS = 30 * 60_000

interface Session {
  startMs: number
  lastMs: number
  pageViews: number
}

/**
 * The exporter one writes in an afternoon: counters of prom-client and a Map of sessions, which end when the user comes
 * back after the gap. Nothing is checked, recognised as a copy, saved or ever removed, and it is right only while
 * nothing restarts.
 */
export function countWithPromClient(registry: Registry): Work {
  const registers = [registry]
  const events = new Counter({ name: 'events_total', help: 'Events.', labelNames: ['event', 'page'], registers })
  const closed = new Counter({ name: 'sessions_closed_total', help: 'Sessions that ended.', registers })
  const bounced = new Counter({ name: 'sessions_bounced_total', help: 'Of these, with one page view.', registers })
  const duration = new Histogram({
    name: 'session_duration_seconds',
    help: 'From the first event of a session to its last.',
    buckets: [10, 30, 60, 300, 600, 1800, 3600],
    registers,
  })
  const sessions = new Map<string | number, Session>()

  return (value) => {
    const event = JSON.parse(value.toString())
    const type: string = event.action ?? event.event_type
    const timeMs: number = event.timestamp === undefined ? Date.parse(event.event_ts) : event.timestamp * 1000
    events.labels(type, event.page).inc()
    let session = sessions.get(event.user_id)
    if (session !== undefined && timeMs - session.lastMs > SESSION_GAP_MS) {
      closed.inc()
      if (session.pageViews === 1) bounced.inc()
      duration.observe((session.lastMs - session.startMs) / 1000)
      session = undefined
    }
    if (session === undefined) {
      session = { startMs: timeMs, lastMs: timeMs, pageViews: 0 }
      sessions.set(event.user_id, session)
    }
    session.lastMs = Math.max(session.lastMs, timeMs)
    if (type === 'view' || type === 'page_view') session.pageViews++
  }
}
