import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CONTENT_TYPE } from '../consumer/expose/registry.ts'

export interface ExpectedServerOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly metrics: () => Promise<string>
  /** Why nothing can be produced at the moment; undefined while all is well. */
  readonly trouble: () => string | undefined
}

export interface ExpectedServer {
  /** `http://host:port` */
  readonly url: string
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly type?: string
}

const PLAIN = 'text/plain; charset=utf-8'
const REQUEST_TIMEOUT_MS = 10_000

/**
 * Serves /metrics, and /-/healthy with 200 while events get to where they should.
 * @throws when the address cannot be listened on, naming the setting to change
 */
export async function serveExpected(options: ExpectedServerOptions): Promise<ExpectedServer> {
  const { host, port } = options
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }
  const server = createServer(limits, (request, response) => {
    answerTo(request, options).then(
      (answer) => send(response, answer),
      () => send(response, { status: 500, text: 'the metrics could not be rendered\n' }),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const fix =
        error.code === 'EADDRINUSE'
          ? `another process listens on ${host}:${port}; choose another with --expected-port (0 takes any free one, off none)`
          : `cannot listen on ${host}:${port} (${error.message}); check --host and --expected-port`
      reject(new Error(fix, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
  const shownHost = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${shownHost}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answerTo({ method, url }: IncomingMessage, options: ExpectedServerOptions): Promise<Answer> {
  const path = (url ?? '').split('?', 1)[0]
  if (path !== '/metrics' && path !== '/-/healthy') return { status: 404, text: 'nothing here; try /metrics\n' }
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'only GET and HEAD are answered here\n' }
  if (path === '/metrics') return { status: 200, text: await options.metrics(), type: CONTENT_TYPE }
  const trouble = options.trouble()
  if (trouble === undefined) return { status: 200, text: 'healthy\n' }
  return { status: 503, text: `nothing can be written: ${trouble}\n` }
}

function send(response: ServerResponse, { status, text, type = PLAIN }: Answer): void {
  response.writeHead(status, { 'Content-Type': type, ...(status === 405 && { Allow: 'GET, HEAD' }) }).end(text)
}
