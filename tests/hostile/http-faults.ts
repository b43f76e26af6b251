import { oneOf } from './sound-records.ts'
import { type BuildRequest, chunked, faulty, get, LAST, lengthOf, one, posted, TYPE } from './wire.ts'

const QUERIES = [
  ...['from=yesterday', 'from=2024-13-01', 'from=', 'to=%00', 'from=2024-05-01T10:00:00%2B99:00', 'from=-1'],
  ...['format=xml', 'format=', 'format=JSON%20', 'limit=-1', 'limit=1e9', 'limit=NaN', 'limit=', 'unknown=1'],
  ...['__proto__=1', 'constructor=1', 'from[]=1', 'from=2024-05-01&from=2024-05-02', 'format=json&format=ndjson'],
]
const PATHS = [
  ...['/event', '/events/7', '/events%00', '/%2e%2e/events', '/../../etc/passwd', '/events/..%2f', '/%', '/%ff'],
  ...['/admin', '/.env', '/index.php?x=<script>', `/${'a/'.repeat(300)}`, '/__proto__', '/\u00e9'],
]
const TYPES = [
  ...[
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'text/html',
    'application/xml',
  ],
  ...['application/json; charset=latin1', 'application/json; charset=utf-16', 'application', '/', '*/*', 'json', ';'],
  ...['application/octet-stream', 'application/json, text/plain', 'image/png', 'a'.repeat(500)],
]
const BAD_LENGTHS = ['-1', '+5', '5, 6', '0x10', '1e2', 'abc', '5 5', '99999999999999999999999', '5;']
const BAD_CHUNKS = [
  'zz\r\n',
  '-5\r\nhello\r\n',
  'ffffffffffffffffff\r\n',
  '5\r\nhello0\r\n\r\n',
  ' \r\n\r\n',
  '5\nhello\r\n',
]
const BAD_CODINGS = ['chunked, identity', 'xchunked', 'gzip', 'identity', '\x0bchunked', 'chunked;q=1', '"chunked"']
const BAD_LINES = ['No colon here', 'Spaced : x', ': nothing', 'X-Nul: a\0b', 'X-Break: a\rb', '(odd): x', ' folded: x']
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

/** What the collector, or HTTP before it, has to refuse. */
export const HTTP_FAULTS: Readonly<Record<string, BuildRequest>> = {
  'wrong method': one([405], (random) => ({
    method: oneOf(random, ['GET', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'LINK']),
  })),
  'wrong method for an answer': one([405], (random, sound) => ({
    ...posted(sound),
    path: oneOf(random, ['/stats', '/export']),
  })),
  'unknown method': faulty(() => ({ method: 'CLICK' })),
  connect: faulty(() => ({ method: 'CONNECT', path: 'localhost:80' }), [400, 404, 405, 501]),
  options: one([200, 204, 405], () => ({ method: 'OPTIONS' })),
  'other path': one([400, 404], (random, sound) => ({ ...posted(sound), path: oneOf(random, PATHS) })),
  'other path, to read': one([400, 404], (random) => get(oneOf(random, PATHS))),
  'bad query': one([400], (random) => get(`/export?${oneOf(random, QUERIES)}`)),
  'path that is too long': faulty(() => get(`/events?${'x'.repeat(40_000)}`), [400, 414, 431]),
  'other media type': one([415], (random, sound) => ({
    headers: [`Content-Type: ${oneOf(random, TYPES)}`, lengthOf(sound)],
    body: sound,
  })),
  'no Host': faulty((_random, sound) => ({ ...posted(sound), host: undefined })),
  'other Host': one([403], (random, sound) => ({
    ...posted(sound),
    host: oneOf(random, [
      'shop.example',
      'localhost.shop.example',
      '127.0.0.1.shop.example',
      '0.0.0.0',
      '',
      '[::2]',
      'localhost@x',
    ]),
  })),
  'other Origin': one([403], (random, sound) =>
    posted(
      sound,
      `Origin: ${oneOf(random, ['https://shop.example', 'null', 'file://', 'http://localhost.shop.example', 'x'])}`,
    ),
  ),
  'too many headers': faulty(
    (_random, sound) => posted(sound, ...Array.from({ length: 3_000 }, (_, count) => `X-${count}: ${count}`)),
    [400, 413, 431],
  ),
  'a header that is too long': faulty((_random, sound) => posted(sound, `X-Long: ${'x'.repeat(40_000)}`), [400, 431]),
  'a line that is no header': faulty((random, sound) => posted(sound, oneOf(random, BAD_LINES), LAST), [400]),
  'other version': faulty(
    (random) => ({
      ...get('/stats'),
      version: oneOf(random, ['HTTP/9.9', 'HTTPS/1.1', 'http/1.1', '']),
    }),
    [400, 505],
  ),
  'HTTP/2': faulty(() => ({ method: 'PRI', path: '*', version: 'HTTP/2.0', host: undefined, body: 'SM\r\n\r\n' })),
  TLS: (random, target) => ({
    ...faulty(() => ({}))(random, target, Buffer.of()),
    bytes: Buffer.from('1603010200010001fc0303', 'hex'),
  }),
  'length that is none': faulty((random, sound) => ({
    headers: [TYPE, `Content-Length: ${oneOf(random, BAD_LENGTHS)}`],
    body: sound,
  })),
  'two lengths': faulty((_random, sound) => posted(sound, 'Content-Length: 3')),
  'no length': one([400, 411], () => ({ headers: [TYPE] })),
  'length that is too small': faulty(
    (random, sound) => ({ headers: [TYPE, `Content-Length: ${1 + random.below(sound.length - 2)}`], body: sound }),
    [200, 400, 422],
  ),
  'bad chunk': faulty((random) => ({ headers: [TYPE, 'Transfer-Encoding: chunked'], body: oneOf(random, BAD_CHUNKS) })),
  'bad coding': faulty(
    (random, sound) => ({ headers: [TYPE, `Transfer-Encoding: ${oneOf(random, BAD_CODINGS)}`, LAST], body: sound }),
    [400, 411, 501],
  ),
  'length and chunks': faulty((random, sound) => ({
    headers: [TYPE, lengthOf(sound), 'Transfer-Encoding: chunked', LAST],
    body: Buffer.concat([chunked(random, sound), Buffer.from(SMUGGLED)]),
  })),
  'chunks that hide a request': faulty((_random, sound) => ({
    headers: [TYPE, 'Transfer-Encoding: chunked', 'Transfer-Encoding : identity', lengthOf(sound)],
    body: `0\r\n\r\n${SMUGGLED}`,
  })),
}
