import type { Random } from '../../producer/random.ts'
import { oneOf } from './sound-records.ts'
import {
  type BuildRequest,
  chunked,
  faulty,
  get,
  type HostileRequest,
  one,
  posted,
  type Target,
  TYPE,
  written,
} from './wire.ts'

/** Odd, and yet to be served. */
export const ODD_REQUESTS: Readonly<Record<string, BuildRequest>> = {
  'HTTP/1.0': (random, target, sound) => ({
    ...faulty(() => ({ ...posted(sound), version: 'HTTP/1.0' }), [200])(random, target, sound),
    records: [sound],
  }),
  'Expect of something': (random, target, sound) => ({
    ...one([200], () => posted(sound, 'Expect: a miracle'))(random, target, sound),
    records: [sound],
  }),
  'Expect: 100-continue': (random, target, sound) => ({
    ...one([200], () => posted(sound, 'Expect: 100-continue'))(random, target, sound),
    records: [sound],
  }),
  pipelined: (random, target, sound) => ({
    ...one([200], () => posted(sound))(random, target, sound),
    bytes: Buffer.concat(Array.from({ length: 4 }, () => written(target, posted(sound)))),
    answers: 4,
    records: [sound],
  }),
  'chunks with a trailer': (random, target, sound) => ({
    ...one([200], () => ({
      headers: [TYPE, 'Transfer-Encoding: chunked', 'Trailer: X-End'],
      body: Buffer.concat([chunked(random, sound).subarray(0, -2), Buffer.from('X-End: 1\r\n\r\n')]),
    }))(random, target, sound),
    records: [sound],
  }),
  'wants to upgrade': (random, target, sound) => ({
    ...faulty(() => posted(sound, 'Connection: Upgrade, close', 'Upgrade: websocket'), [200])(random, target, sound),
    records: [sound],
  }),
  'a few of everything': one([200, 429], () => get('/export?limit=3&format=json')),
}

/** Cut in the middle: no answer is waited for, and nothing of it may be taken. */
export function cut(random: Random, target: Target, sound: Buffer): HostileRequest {
  const whole = written(target, posted(sound))
  const bytes = whole.subarray(0, 1 + random.below(whole.length - 1))
  const kind = oneOf(random, ['cut', 'ended in the middle'])
  return { kind, bytes, answers: kind === 'cut' ? 'none' : 'ended', statuses: [400] }
}
