import { setTimeout as sleep } from 'node:timers/promises'
import type { Alertmanager, HeldAlert } from './alertmanager.ts'
import type { Prometheus } from './prometheus.ts'
import type { Receiver } from './receiver.ts'
import { alertText, type Course } from './report.ts'

export interface WatchWords {
  readonly prometheus: Prometheus
  readonly alertmanager: Alertmanager
  readonly receiver: Receiver
  /** Until Prometheus has got there nothing is over, epoch milliseconds. */
  readonly untilMs: number
  /** After it, what still fires is not waited for. */
  readonly givenUpMs: number
  /** Why it is no use to go on; undefined while it is. */
  readonly fault: () => string | undefined
  /** Hears of every alert that begins or ends to fire. */
  readonly say: (line: string) => void
}

const EVERY_MS = 500

/** Waits until no alert fires or is about to, and the receiver has heard of the end of all that it was told of. */
export async function watchAlerts(words: WatchWords): Promise<Course> {
  const { prometheus, alertmanager, receiver, untilMs, givenUpMs, fault, say } = words
  const held = new Map<string, HeldAlert & { lastMs: number }>()
  let before: readonly string[] = []
  for (;;) {
    const reason = fault()
    if (reason !== undefined) throw new Error(reason)
    const nowMs = Date.now()
    const { atMs, active } = await prometheus.evaluation()
    const firing = await alertmanager.firing()
    for (const alert of firing) held.set(alert.id, { ...alert, lastMs: nowMs })
    const now = firing.map(heldText)
    for (const text of now) if (!before.includes(text)) say(`fires      ${text}`)
    for (const text of before) if (!now.includes(text)) say(`no longer  ${text}`)
    before = now

    const told = receiver.told()
    const isQuiet = atMs >= untilMs && active.length === 0 && firing.length === 0
    if ((isQuiet && told.every(({ endedMs }) => endedMs !== undefined)) || nowMs > givenUpMs) {
      const untold = [...held.values()].filter(({ id }) => !told.some((alert) => alert.id === id))
      if (told.length === 0 && untold.some(({ isSilenced }) => !isSilenced)) {
        throw new Error('Alertmanager held alerts and told the receiver of none')
      }
      return {
        // What ends before Alertmanager gets round to telling of it has fired all the same.
        fired: [
          ...told,
          ...untold.flatMap(({ isSilenced, lastMs, ...alert }) => (isSilenced ? [] : { ...alert, endedMs: lastMs })),
        ],
        silenced: untold.filter(({ isSilenced }) => isSilenced),
      }
    }
    await sleep(EVERY_MS)
  }
}

const heldText = ({ name, labels, isSilenced }: HeldAlert): string =>
  `${labels.topic}: ${alertText(name, labels)}${isSilenced ? ', silenced' : ''}`
