import type { Random } from '../../producer/random.ts'
import { clearBody } from './clear-bodies.ts'
import type { HostileBody } from './hostile-body.ts'
import { HTTP_FAULTS } from './http-faults.ts'
import { cut, ODD_REQUESTS } from './odd-requests.ts'
import { type Members, objectText, oneOf } from './sound-records.ts'
import { type BuildRequest, chunked, type HostileRequest, lengthOf, type Target, written } from './wire.ts'
import { wrongBody } from './wrong-bodies.ts'

const FAULT_KINDS = Object.keys(HTTP_FAULTS)
const ODD_KINDS = Object.keys(ODD_REQUESTS)

/** A body as a sound request: sent with its length, or in chunks, on a connection that goes on. */
function withBody(
  random: Random,
  target: Target,
  { kind, bytes, type, encoding, ...outcome }: HostileBody,
): HostileRequest {
  const inChunks = bytes.length > 0 && random.below(4) === 0
  const headers = [
    `Content-Type: ${type}`,
    ...(encoding === undefined ? [] : [`Content-Encoding: ${encoding}`]),
    inChunks ? 'Transfer-Encoding: chunked' : lengthOf(bytes),
  ]
  const body = inChunks ? chunked(random, bytes) : bytes
  return { kind, bytes: written(target, { headers, body }), answers: 1, ...outcome }
}

function ofKind(
  kind: string,
  builds: Readonly<Record<string, BuildRequest>>,
  random: Random,
  target: Target,
  sound: Buffer,
): HostileRequest {
  return { kind, ...builds[kind]!(random, target, sound) }
}

/** The next request: mostly hostile records in a sound one, then wrong bodies, then what breaks HTTP. */
export function hostileRequest(random: Random, target: Target, sound: Iterator<Members, never>): HostileRequest {
  const choice = random.below(100)
  if (choice < 66) return withBody(random, target, clearBody(random, sound, target))
  if (choice < 83) return withBody(random, target, wrongBody(random, sound, target))
  const record = Buffer.from(objectText(sound.next().value))
  if (choice < 86) return ofKind(oneOf(random, ODD_KINDS), ODD_REQUESTS, random, target, record)
  if (choice < 88) return cut(random, target, record)
  return ofKind(oneOf(random, FAULT_KINDS), HTTP_FAULTS, random, target, record)
}
