import type { ReferenceEvent, ReferenceOptions } from './event.ts'
import { afterAccepting, UNSET } from './stream-time.ts'

export type Verdict = 'accepted' | 'bot' | 'future_dated' | 'late' | 'duplicate'

/** One event of the log with what became of it; the times are those after it. */
export interface Judged {
  event: ReferenceEvent
  verdict: Verdict
  streamTimeMs: number
  watermarkMs: number
}

/** The first stage: one walk in log order that decides each event's fate and moves stream time on. */
export function judge(events: readonly ReferenceEvent[], options: ReferenceOptions): Judged[] {
  let streamTime = UNSET
  const timeOfId = new Map<string, number>()

  const watermarkMs = (): number => streamTime.timeMs - options.allowedLatenessMs

  const remembers = (id: string): boolean => {
    const timeMs = timeOfId.get(id)
    return timeMs !== undefined && wholeSeconds(timeMs) >= wholeSeconds(watermarkMs())
  }

  const verdictOn = (event: ReferenceEvent): Verdict => {
    if (options.dropBots && event.bot === true) return 'bot'
    if (event.timeMs > event.logTimeMs + options.futureToleranceMs) return 'future_dated'
    if (event.timeMs < watermarkMs()) return 'late'
    if (event.id !== undefined && remembers(event.id)) return 'duplicate'
    return 'accepted'
  }

  return events.map((event) => {
    const verdict = verdictOn(event)
    if (verdict === 'accepted') {
      if (event.id !== undefined) timeOfId.set(event.id, event.timeMs)
      streamTime = afterAccepting(streamTime, event, options)
    }
    return { event, verdict, streamTimeMs: streamTime.timeMs, watermarkMs: watermarkMs() }
  })
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000)
