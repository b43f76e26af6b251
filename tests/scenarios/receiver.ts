import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type AlertWords, firedAlert } from './fired-alert.ts'
import type { FiredAlert } from './verdict.ts'

interface Notification {
  readonly alerts: readonly (AlertWords & { readonly status: 'firing' | 'resolved'; readonly endsAt: string })[]
}

export interface Receiver {
  /** Where Alertmanager posts its notifications. */
  readonly url: string
  /** Every alert that somebody was told fires, each time it did. */
  told(): readonly FiredAlert[]
  close(): void
}

/** Whoever is woken: takes Alertmanager's notifications and keeps what they say. */
export async function openReceiver(): Promise<Receiver> {
  const told = new Map<string, FiredAlert>()
  const server = createServer(async (request, response) => {
    const { alerts } = JSON.parse(await text(request)) as Notification
    for (const { status, endsAt, ...words } of alerts) {
      const alert = firedAlert(words)
      // When it fires again before Alertmanager tells of the end, that is never told: now it is sure to be over.
      for (const [id, { startedMs, ...open }] of told) {
        if (id.startsWith(`${words.fingerprint} `) && startedMs < alert.startedMs && open.endedMs === undefined) {
          told.set(id, { ...open, startedMs, endedMs: alert.startedMs })
        }
      }
      if (status === 'firing') told.set(alert.id, { ...alert, endedMs: undefined })
      // Of what it silenced, Alertmanager tells the end when the cause ended first: nobody knows what that is about.
      else if (told.has(alert.id)) told.set(alert.id, { ...alert, endedMs: Date.parse(endsAt) })
    }
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    told: () => [...told.values()],
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
