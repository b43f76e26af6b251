import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
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
 * Serves /metrics, /-/healthy, /-/ready and a landing page. Reads no request bodies and takes no input but the
 * scraper's timeout header.
 * @throws when the address cannot be listened on, naming the setting to change
 */
export async function serve(options: ServerOptions): Promise<RunningServer> {
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
  app.get('/', (_request, response) => {
    response.type('html').send(landingPage(options.waitingFor()))
  })
  app.use((request: express.Request, response: express.Response) => {
    const known = ['/', '/metrics', '/-/healthy', '/-/ready'].includes(request.path)
    if (known) response.status(405).set('Allow', 'GET, HEAD')
    else response.status(404)
    response.type(PLAIN).send(known ? 'only GET and HEAD are answered here\n' : 'nothing here; try /metrics\n')
  })
  app.use((error: unknown, _request: express.Request, response: express.Response, next: express.NextFunction) => {
    options.onError(error)
    if (response.headersSent) next(error)
    else response.status(500).type(PLAIN).send('the metrics could not be rendered; see the log\n')
  })

  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }, app)
  server.maxHeadersCount = MOST_HEADERS
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  const shownHost = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${shownHost}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
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
