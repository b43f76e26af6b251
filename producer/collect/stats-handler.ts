import type { RequestHandler } from 'express'
import type { LogStatistics, Statistics } from './statistics.ts'

/** `GET /stats`: what is in the log, as {@link LogStatistics} counts it. */
export function statsHandler({ statistics }: { readonly statistics: LogStatistics }): RequestHandler {
  return async (_request, response) => {
    const answer = await statistics.answer()
    response.set('Cache-Control', 'no-store').type('json').send(textOf(answer))
  }
}

/** The recent events go in as they are in the log: parsed and written again, long numbers would change. */
function textOf({ totalEvents, eventsByType, recordsRejected, caughtUp, recentEvents }: Statistics): string {
  const counts = {
    total_events: totalEvents,
    events_by_type: eventsByType,
    records_rejected: recordsRejected,
    caught_up: caughtUp,
  }
  return `${JSON.stringify(counts).slice(0, -1)},"recent_events":[${recentEvents.join(',')}]}`
}
