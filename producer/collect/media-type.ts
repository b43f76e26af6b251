import type { IncomingHttpHeaders } from 'node:http'
import { MIMEType } from 'node:util'
import { RefusedRequest } from './refused-request.ts'

/** `json`: one text, as Content-Type: application/json. `ndjson`: one record per line. */
export type BodyKind = 'json' | 'ndjson'

const KINDS: ReadonlyMap<string, BodyKind> = new Map([
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
])

const FIX = 'send application/json, or application/x-ndjson for one record per line (application/jsonl and ndjson too)'

/** @throws {RefusedRequest} 415 `unsupported_media_type` */
export function kindOf({ 'content-type': contentType }: IncomingHttpHeaders): BodyKind {
  if (contentType === undefined) throw unsupported(`There is no Content-Type: ${FIX}.`)
  const type = parsed(contentType)
  const kind = KINDS.get(type?.essence ?? '')
  if (type === undefined || kind === undefined) throw unsupported(`Content-Type ${shown(contentType)}: ${FIX}.`)
  const charset = type.params.get('charset')
  if (charset !== null && !/^utf-?8$/i.test(charset))
    throw unsupported(`Charset ${shown(charset)}: JSON is UTF-8, encode it so and leave the charset out.`)
  return kind
}

/** Whether the body comes compressed with gzip. @throws {RefusedRequest} 415 `unsupported_encoding` */
export function isGzip({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): boolean {
  switch (encoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return true
    case 'identity':
    case '':
      return false
    default:
      throw new RefusedRequest(
        415,
        'unsupported_encoding',
        `Content-Encoding ${shown(encoding)}: compress with gzip, once, or not at all.`,
      )
  }
}

function parsed(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined
  }
}

const unsupported = (fix: string): RefusedRequest => new RefusedRequest(415, 'unsupported_media_type', fix)

const shown = (header: string): string => (header.length > 100 ? `${header.slice(0, 100)} ...` : header)
