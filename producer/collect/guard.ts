import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Access } from './access.ts'
import { RefusedRequest } from './refused-request.ts'

/** Lets a request pass, or refuses it. */
export type Guard = (request: IncomingMessage) => void

/** What a browser calls this machine, with or without a port. */
const THIS_MACHINE = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i

/**
 * Refuses requests that reached this machine under a name that is not its own: a page may have its site's name point
 * here, and is then asked for no permission. With a key that is of no use to it.
 */
export function hostGuard({ kind }: Access): Guard {
  return ({ headers: { host } }) => {
    if (kind === 'this_machine' && !THIS_MACHINE.test(host ?? '')) {
      throw new RefusedRequest(
        403,
        'foreign_host',
        'Without a key only requests to localhost or 127.0.0.1 are served. Use that name, or set COLLECTOR_API_KEY.',
      )
    }
  }
}

/** Refuses whoever does not send the key, where there is one. */
export function keyGuard(access: Access): Guard {
  if (access.kind === 'this_machine') return () => {}
  if (access.kind === 'nobody') {
    return () => {
      throw new RefusedRequest(
        403,
        'api_key_needed',
        'The server can be reached from outside and has no key. Start it with COLLECTOR_API_KEY set, and send that as X-API-Key.',
      )
    }
  }
  const expected = digest(access.key.reveal())
  return (request) => {
    const given = keyOf(request)
    if (given === undefined)
      throw new RefusedRequest(401, 'missing_api_key', 'Send the key as X-API-Key or as Authorization: Bearer.')
    // Digests have one length, and comparing them takes the same time wherever they differ.
    if (!timingSafeEqual(digest(given), expected))
      throw new RefusedRequest(401, 'wrong_api_key', 'The key is not the one this server was started with. Check it.')
  }
}

/** Headers come as one character per byte, so a key beyond ASCII is that of its UTF-8 bytes. */
const digest = (key: string): Buffer => createHash('sha256').update(key, 'utf8').digest()

function keyOf({ headers }: IncomingMessage): string | undefined {
  const own = headers['x-api-key']
  if (typeof own === 'string') return fromHeader(own)
  const [, token] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? []
  return token === undefined ? undefined : fromHeader(token)
}

const fromHeader = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')
