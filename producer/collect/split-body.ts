import { isBlank, NEWLINE } from '../../consumer/files/bytes.ts'
import type { Body } from './body.ts'
import { type Piece, Pieces } from './pieces.ts'
import { RefusedRequest } from './refused-request.ts'
import { splitJson } from './split-json.ts'

export type { Piece } from './pieces.ts'

/**
 * The records of a request, their bytes as they were sent: the elements of `{"records":[...]}` or of a bare array, the
 * one object that is no such envelope, or the lines of NDJSON that are not blank. Several lines sent as JSON pass for
 * NDJSON when the first is an object that is complete. What is wrong inside a record is for its reader to find.
 * @throws {RefusedRequest} 400 `malformed_json`, `invalid_records` and `empty_body`, 413 `too_many_records`
 */
export function splitBody({ bytes, kind }: Body, mostRecords: number): readonly Piece[] {
  if (bytes.every(isBlank))
    throw new RefusedRequest(400, 'empty_body', 'The body is blank: send {"records":[...]}, a JSON array or a record.')
  const pieces = new Pieces(bytes, mostRecords)
  if (kind === 'ndjson' || splitJson(bytes, pieces) === 'lines') splitLines(bytes, pieces)
  return pieces.found
}

function splitLines(bytes: Uint8Array, pieces: Pieces): void {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    const after = newline === -1 ? bytes.length : newline
    let end = after
    while (start < end && isBlank(bytes[start]!)) start++
    while (start < end && isBlank(bytes[end - 1]!)) end--
    if (start < end) pieces.add(start, end)
    start = after + 1
  }
}
