import type { RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import type { LogView } from '../../consumer/contract/log-view.ts'
import { deliver } from './delivery.ts'
import type { EventTimeOptions } from './event-times.ts'
import { type ExportQuery, exportLog } from './export.ts'
import { exportQuery } from './export-query.ts'
import type { ExportFormat } from './record-text.ts'
import { RefusedRequest } from './refused-request.ts'

/** A view that nobody else reads through. */
export interface OwnView {
  readonly view: LogView
  close(): Promise<void>
}

export interface ExportHandlerOptions {
  /** Called for each export: two that read a partition through the same Kafka reader would take it from each other. */
  readonly openView: () => OwnView
  /** How event times are read. */
  readonly core: EventTimeOptions
  readonly logger: Logger
  /** A reader that takes nothing for so long is cut off. */
  readonly patienceMs?: number
}

/** Each holds a read of every partition, a megabyte and more. */
const MOST_AT_ONCE = 4
const RETRY_SECONDS = 5

const TYPE: Record<ExportFormat, string> = { json: 'application/json', ndjson: 'application/x-ndjson' }

/**
 * `GET /export`: everything that is in the log when it is asked for, as a file. Refuses with 400 what it does not
 * understand, with 429 more than four at once, and with 503 while the log cannot be asked.
 */
export function exportHandler({ patienceMs = 30_000, ...options }: ExportHandlerOptions): RequestHandler {
  let underWay = 0
  return async (request, response) => {
    const query = exportQuery(request.originalUrl)
    const isGzipped = request.acceptsEncodings('gzip', 'identity') === 'gzip'
    if (request.method === 'HEAD') {
      setHeaders(response, query, isGzipped)
      response.end()
      return
    }
    if (underWay === MOST_AT_ONCE) {
      const fix = `${MOST_AT_ONCE} exports are under way, try again when one has ended`
      throw new RefusedRequest(429, 'too_many_exports', fix, RETRY_SECONDS)
    }
    const own = options.openView()
    underWay += 1
    try {
      await answer(response, { ...options, view: own.view, query, isGzipped, patienceMs })
    } finally {
      underWay -= 1
      // It was only read: what cannot be closed in order is closed all the same.
      await own.close().catch(() => undefined)
    }
  }
}

interface Answering extends Pick<ExportHandlerOptions, 'core' | 'logger'> {
  readonly view: LogView
  readonly query: ExportQuery
  readonly isGzipped: boolean
  readonly patienceMs: number
}

async function answer(response: Response, { logger, query, isGzipped, patienceMs, ...log }: Answering): Promise<void> {
  const reading = new AbortController()
  response.once('close', () => reading.abort())
  const { signal } = reading
  const chunks = await exportLog({ ...log, query, signal }).catch((error) => {
    // Where the log lies is for the log file, not for whoever asks.
    logger.warn({ err: error }, 'an export was refused: the log cannot be asked')
    throw new RefusedRequest(503, 'log_unavailable', 'the log cannot be read at the moment, try again', RETRY_SECONDS)
  })
  setHeaders(response, query, isGzipped)
  // A filter may let nothing through for long: how patient to be with the reader is decided below.
  response.setTimeout(0)
  response.flushHeaders()
  try {
    const delivery = await deliver(chunks, response, { isGzipped, patienceMs, gone: signal })
    if (delivery === 'reader_stalled') logger.info({ patienceMs }, 'an export was cut off: its reader took nothing')
  } catch (error) {
    logger.error({ err: error }, 'an export was cut off: the log could not be read to its end')
  }
}

function setHeaders(response: Response, { format }: ExportQuery, isGzipped: boolean): void {
  response.set({
    'Content-Type': TYPE[format],
    'Content-Disposition': `attachment; filename="events.${format}"`,
    'Cache-Control': 'no-store',
    ...(isGzipped && { 'Content-Encoding': 'gzip' }),
  })
  response.vary('Accept-Encoding')
}
