import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import express, { type NextFunction, type Request, type Response } from 'express'
import { onTestFinished } from 'vitest'
import type { LogView } from '../consumer/contract/log-view.ts'
import { exportHandler } from '../producer/collect/export-handler.ts'
import type { RefusedRequest } from '../producer/collect/refused-request.ts'
import { LogStatistics } from '../producer/collect/statistics.ts'
import { statsHandler } from '../producer/collect/stats-handler.ts'
import { aLogger } from './collected-log.ts'
import { aReferenceRun, coreOptions } from './core-run.ts'

export interface Served {
  readonly url: string
  readonly lines: readonly string[]
  /** Views that are open. */
  readonly open: () => number
  readonly sockets: readonly Socket[]
}

/** Serves /export and /stats of a log, until the test is over. */
export async function serving(view: LogView, { patienceMs = 30_000 } = {}): Promise<Served> {
  const { logger, lines } = aLogger()
  const core = coreOptions(aReferenceRun())
  const sockets: Socket[] = []
  let open = 0
  const openView = () => {
    open += 1
    return {
      view,
      close: async () => {
        open -= 1
      },
    }
  }
  const steadyNow = (): number => performance.now()
  const statistics = new LogStatistics({ view, options: core, logger, steadyNow, patienceMs: 60_000 })
  const app = express()
  app.get('/export', exportHandler({ openView, core, logger, patienceMs }))
  app.get('/stats', statsHandler({ statistics }))
  app.use((error: RefusedRequest, _request: Request, response: Response, _next: NextFunction) => {
    const { status, reason, message, retryAfterSeconds } = error
    response.status(status).json({ reason, message, retryAfterSeconds })
  })
  const server = createServer(app).on('connection', (socket) => sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await statistics.stop()
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lines, open: () => open, sockets }
}

/** The answer as soon as its headers are there; nothing of it is taken yet. */
export const ask = (url: string, { method = 'GET', encoding = 'identity' } = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(url, { method, headers: { 'Accept-Encoding': encoding } }, resolve)
      .on('error', reject)
      .end()
  })

export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
}

export async function answerTo(url: string, words?: { method?: string; encoding?: string }): Promise<Answer> {
  const response = await ask(url, words)
  return { status: response.statusCode, headers: response.headers, bytes: await buffer(response) }
}
