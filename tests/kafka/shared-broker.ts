import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClosableBroker, firstBroker, type SharedBroker } from './ladder.ts'
import { NoBroker } from './no-broker.ts'

type Answer = { readonly broker: SharedBroker } | { readonly missing: string } | { readonly failed: string }

export interface BrokerShare {
  /** Where other processes ask for the broker. */
  readonly url: string
  /** Ends the broker if anybody asked for it. */
  close(): Promise<void>
}

/** Keeps one broker for all processes that ask. It is started when the first one asks, and not if none does. */
export async function shareBroker(): Promise<BrokerShare> {
  let asked: Promise<ClosableBroker> | undefined
  const answer = async (): Promise<Answer> => {
    asked ??= firstBroker()
    try {
      const { kind, bootstrap } = await asked
      return { broker: { kind, bootstrap } }
    } catch (error) {
      const { message } = error as Error
      return error instanceof NoBroker ? { missing: message } : { failed: message }
    }
  }
  const server = createServer(async (_request, response) => {
    response.end(JSON.stringify(await answer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      const broker = await asked?.catch(() => undefined)
      await broker?.close()
    },
  }
}

/** The broker of that share. @throws {NoBroker} when this machine can run none */
export async function askForBroker(url: string): Promise<SharedBroker> {
  const answer = (await (await fetch(url)).json()) as Answer
  if ('missing' in answer) throw new NoBroker(answer.missing)
  if ('failed' in answer) throw new Error(answer.failed)
  return answer.broker
}
