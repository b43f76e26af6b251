import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { within } from '../within.ts'
import { type HttpApi, limitConnections, SLOWNESS_CHECK_MS } from './http-api.ts'
import { landingPage } from './landing-page.ts'
import { CONTENT_TYPE } from './registry.ts'

export interface ServerOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly metrics: (scrapeTimeoutMs: number | undefined) => Promise<string>
  /** Why the numbers are not all there yet; empty when they are. */
  readonly waitingFor: () => readonly string[]
  readonly onError: (error: unknown) => void
  /** Undefined serves the pages alone. */
  readonly api?: HttpApi | undefined
}

export interface RunningServer {
  /** `http://host:port` as a browser takes it. */
  readonly url: string
  close(): Promise<void>
}

const MOST_HEADERS = 64
const REQUEST_TIMEOUT_MS = 10_000
const PLAIN = 'text/plain; charset=utf-8'

/**
 * Serves /metrics, /-/healthy, /-/ready and a landing page, which read no request bodies and take no input but the
 * scraper's timeout header; and an API, if there is one.
 * @throws when the address cannot be listened on, naming the setting to change
 */
export async function serve(options: ServerOptions): Promise<RunningServer> {
  const { api } = options
  const requestMs = api?.limits.requestMs ?? REQUEST_TIMEOUT_MS
  const server = createServer({
    requestTimeout: requestMs,
    headersTimeout: Math.min(requestMs, REQUEST_TIMEOUT_MS),
    ...(api !== undefined && { connectionsCheckingInterval: SLOWNESS_CHECK_MS, requireHostHeader: false }),
  })
  server.maxHeadersCount = MOST_HEADERS
  const answers = answering(server, pages(options), api !== undefined)
  if (api !== undefined) limitConnections(server, api)
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  const shownHost = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${shownHost}:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      if (api !== undefined) await within(api.limits.stopMs, answers.ended()).catch(() => undefined)
      server.closeAllConnections()
      await closed
    },
  }
}

/** Lets the app answer all that comes; `ended` resolves when nothing is being answered. */
function answering(server: Server, app: express.Express, choosesExpected: boolean): { ended(): Promise<void> } {
  const open = new Set<Promise<void>>()
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const closed = new Promise<void>((resolve) => response.once('close', resolve))
    open.add(closed)
    closed.then(() => open.delete(closed))
    app(request, response)
  }
  server.on('request', answer)
  if (choosesExpected) {
    // It says itself whether a body is wanted that the client has not sent yet; any other expectation is ignored.
    server.on('checkContinue', answer)
    server.on('checkExpectation', answer)
  }
  return {
    async ended() {
      while (open.size > 0) await Promise.all(open)
    },
  }
}

function pages(options: ServerOptions): express.Express {
  const { api } = options
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.get('/metrics', async (request, response) => {
    const text = await options.metrics(scrapeTimeoutMs(request.get('X-Prometheus-Scrape-Timeout-Seconds')))
    response.set('Content-Type', CONTENT_TYPE).send(Buffer.from(text))
  })
  app.get('/-/healthy', (_request, response) => {
    response.type(PLAIN).send('healthy\n')
  })
  app.get('/-/ready', (_request, response) => {
    const reasons = options.waitingFor()
    response
      .status(reasons.length === 0 ? 200 : 503)
      .type(PLAIN)
      .send(reasons.length === 0 ? 'ready\n' : `not ready: ${reasons.join('; ')}\n`)
  })
  if (api !== undefined) app.use(api.observe)
  app.get('/', (request, response) => {
    const isForPeople = api === undefined || (api.landing !== undefined && request.accepts(['json', 'html']) === 'html')
    response.vary('Accept')
    if (isForPeople) response.type('html').send(landingPage(options.waitingFor(), request.get('Host'), api?.landing))
    else response.set('Cache-Control', 'no-store').json(api.status())
  })
  app.all(['/', '/metrics', '/-/healthy', '/-/ready'], (_request, response) => {
    response.status(405).set('Allow', 'GET, HEAD').type(PLAIN).send('only GET and HEAD are answered here\n')
  })
  if (api !== undefined) app.use(api.routes)
  app.use((_request: express.Request, response: express.Response) => {
    response.status(404).type(PLAIN).send('nothing here; try /metrics\n')
  })
  app.use((error: unknown, _request: express.Request, response: express.Response, next: express.NextFunction) => {
    options.onError(error)
    if (response.headersSent) next(error)
    else response.status(500).type(PLAIN).send('the request could not be answered; see the log\n')
  })
  return app
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const fix =
        error.code === 'EADDRINUSE'
          ? `another process listens on ${host}:${port}; stop it, or choose another with --port (0 takes any free one)`
          : `cannot listen on ${host}:${port} (${error.message}); check --host and --port`
      reject(new Error(fix, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}

function scrapeTimeoutMs(header: string | undefined): number | undefined {
  const seconds = Number(header)
  return header !== undefined && seconds > 0 && Number.isFinite(seconds) ? seconds * 1000 : undefined
}
