import { setImmediate as otherWork } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import { askForBody, sendJson } from './answers.ts'
import { batchAnswer } from './batch-answer.ts'
import { readBody } from './body.ts'
import type { CollectedRecord, RecordFault } from './collected-record.ts'
import type { CollectorMetrics } from './collector-metrics.ts'
import type { Intake } from './intake.ts'
import type { PendingBytes, Reservation } from './pending-bytes.ts'
import type { RecordReader } from './record-reader.ts'
import { type Piece, splitBody } from './split-body.ts'

export interface CollectOptions {
  readonly maxBodyBytes: number
  readonly maxRequestRecords: number
  readonly pending: PendingBytes
  readonly reader: RecordReader
  readonly intake: Intake
  readonly metrics: CollectorMetrics
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
}

/** Others get their turn after so many records of one request. */
const RECORDS_PER_TURN = 1_000

/** `POST /events`: answers when the log has every record that is a valid event. */
export function collectEvents(options: CollectOptions): RequestHandler {
  const { pending, metrics, steadyNow } = options
  return async (request, response) => {
    const startMs = steadyNow()
    response.once('close', () => metrics.requestTook((steadyNow() - startMs) / 1000))
    const reservation = pending.reserve(request.socket.remoteAddress ?? '')
    const body = await releasedOnFault(reservation, () => {
      const reading = readBody(request, options, reservation)
      askForBody(request, response, reading)
      return reading
    })
    metrics.received(body.bytes.length)
    const { records, faults } = await releasedOnFault(reservation, () =>
      readRecords(splitBody(body, options.maxRequestRecords), options.reader),
    )
    metrics.rejected(faults)
    const duplicates = await takeIn(records, reservation, options)
    const { status, document } = batchAnswer(records.length, duplicates, faults)
    sendJson(response, status, document)
  }
}

async function readRecords(
  pieces: readonly Piece[],
  reader: RecordReader,
): Promise<{ readonly records: readonly CollectedRecord[]; readonly faults: readonly RecordFault[] }> {
  const records: CollectedRecord[] = []
  const faults: RecordFault[] = []
  for (const [index, piece] of pieces.entries()) {
    if (index > 0 && index % RECORDS_PER_TURN === 0) await otherWork()
    const read = reader.read(piece)
    if (typeof read === 'string') faults.push({ index, reason: read })
    else records.push(read)
  }
  return { records, faults }
}

/** Resolves with how many of the records were in the log already. What they hold is released when the log is through. */
async function takeIn(
  records: readonly CollectedRecord[],
  reservation: Reservation,
  { intake, metrics }: CollectOptions,
): Promise<number> {
  if (records.length === 0) {
    reservation.release()
    return 0
  }
  try {
    const { duplicates } = await intake.accept(records, () => reservation.release())
    metrics.became('accepted', records.length - duplicates)
    metrics.became('duplicate', duplicates)
    return duplicates
  } catch (error) {
    metrics.became('failed', records.length)
    throw error
  }
}

async function releasedOnFault<Result>(reservation: Reservation, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    reservation.release()
    throw error
  }
}
