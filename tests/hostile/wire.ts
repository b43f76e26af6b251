import type { Random } from '../../producer/random.ts'
import type { Limits, Verdict } from './hostile-body.ts'

export interface HostileRequest {
  readonly kind: string
  /** Everything that goes over the wire, of several requests at times. */
  readonly bytes: Buffer
  /**
   * How many answers come on a connection that may go on; `all`: as many as come until the other end closes; `ended`:
   * the same after this end has said that nothing more comes; `none`: the connection is cut behind the bytes.
   */
  readonly answers: number | 'all' | 'ended' | 'none'
  /** What an answer's status may be. */
  readonly statuses: Verdict
  /** The records that each of its answers is about, where that is clear. */
  readonly records?: readonly Buffer[]
  readonly unclear?: Buffer
}

/** Where the collector listens, as the Host header says it. */
export interface Target extends Limits {
  readonly host: string
}

interface Words {
  method?: string
  path?: string
  version?: string
  /** Undefined leaves it out. */
  host?: string | undefined
  headers?: readonly string[]
  body?: Buffer | string
}

/** The bytes of a request. Content-Length is a header like others: whoever wants one gives it. */
export function written(
  target: Target,
  { method = 'POST', path = '/events', version = 'HTTP/1.1', ...words }: Words,
): Buffer {
  const host = 'host' in words ? words.host : target.host
  const lines = [
    `${method} ${path} ${version}`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    ...(words.headers ?? []),
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(words.body ?? '')])
}

export const lengthOf = (body: Buffer | string): string => `Content-Length: ${Buffer.byteLength(body)}`
export const TYPE = 'Content-Type: application/json'
export const LAST = 'Connection: close'

/** In chunks of sizes made by chance. */
export function chunked(random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let from = 0; from < body.length; ) {
    const part = body.subarray(from, from + 1 + random.below(700))
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
    from += part.length
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

export type BuildRequest = (random: Random, target: Target, sound: Buffer) => Omit<HostileRequest, 'kind'>

/** One answer, and the connection goes on. */
export const one =
  (statuses: Verdict, words: (random: Random, sound: Buffer) => Words): BuildRequest =>
  (random, target, sound) => ({ bytes: written(target, words(random, sound)), answers: 1, statuses })

/** The connection does not go on: mostly because the parser of HTTP stumbles over it. */
export const faulty =
  (words: (random: Random, sound: Buffer) => Words, statuses: Verdict = [400]): BuildRequest =>
  (random, target, sound) => ({ bytes: written(target, words(random, sound)), answers: 'all', statuses })

export const posted = (sound: Buffer, ...headers: string[]): Words => ({
  headers: [TYPE, lengthOf(sound), ...headers],
  body: sound,
})
export const get = (path: string): Words => ({ method: 'GET', path })
