import { once } from 'node:events'
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Body, ClientGone, readBody } from '../../producer/collect/body.ts'
import { PendingBytes } from '../../producer/collect/pending-bytes.ts'
import { RefusedRequest } from '../../producer/collect/refused-request.ts'
import { unpack } from '../../producer/collect/unpack.ts'

const MiB = 1024 * 1024
/** Unpacks to 200 MiB. */
const BOMB = Buffer.concat(new Array(200).fill(gzipSync(Buffer.alloc(MiB))))
const JSON_TYPE = { 'content-type': 'application/json' }
const GZIP = { ...JSON_TYPE, 'content-encoding': 'gzip' }

interface ServerWords {
  readonly maxBodyBytes?: number
  readonly pending?: PendingBytes
}

/** A server that reads one body and answers with what became of it, whole. */
async function aServer({ maxBodyBytes = 1000, pending = new PendingBytes({ mostBytes: 64 * MiB }) }: ServerWords = {}) {
  const outcomes: Promise<Body>[] = []
  const requests: IncomingMessage[] = []
  const server = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    const reading = readBody(incoming, { maxBodyBytes }, pending.reserve('ann'))
    requests.push(incoming)
    outcomes.push(reading)
    reading.then(
      () => response.end('read'),
      (error) => response.writeHead(error.status ?? 500).end(error.message),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const open = (headers: OutgoingHttpHeaders) => {
    const outgoing = request({ port, host: '127.0.0.1', method: 'POST', headers, agent: false })
    // The server may answer and close before everything is sent.
    outgoing.on('error', () => {})
    return outgoing
  }
  return { open, outcomes, requests, pending }
}

/** The body a server reads from these pieces, sent one after the other. */
async function readFrom(pieces: readonly Uint8Array[], headers: OutgoingHttpHeaders, words?: ServerWords) {
  const { open, outcomes } = await aServer(words)
  const outgoing = open(headers)
  const answered = once(outgoing, 'response')
  for (const piece of pieces) await new Promise((sent) => outgoing.write(piece, sent))
  outgoing.end()
  await answered
  return outcomes[0]!
}

const textFrom = async (...args: Parameters<typeof readFrom>): Promise<string> =>
  Buffer.from((await readFrom(...args)).bytes).toString()

async function refusalOf(...args: Parameters<typeof readFrom>): Promise<RefusedRequest> {
  const refusal = await readFrom(...args).catch((error) => error)
  expect(refusal).toBeInstanceOf(RefusedRequest)
  return refusal
}

const bytes = (text: string): Uint8Array => Buffer.from(text)
const inPieces = (all: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.subarray(n * size, (n + 1) * size))

describe('a body is read', () => {
  test.each([
    ['application/json', 'json'],
    ['application/json; charset=utf-8', 'json'],
    ['Application/JSON;charset="UTF8"; version=1', 'json'],
    ['application/x-ndjson', 'ndjson'],
    ['application/ndjson', 'ndjson'],
    ['application/jsonl; charset=UTF-8', 'ndjson'],
  ])('of type %s as %s', async (type, kind) => {
    const body = await readFrom([bytes('{"a":1}')], { 'content-type': type })
    expect(body.kind).toBe(kind)
    expect(Buffer.from(body.bytes).toString()).toBe('{"a":1}')
  })

  test.each(['identity', 'Identity', ''])('of encoding "%s" as it is', async (encoding) => {
    expect(await textFrom([bytes('[1]')], { ...JSON_TYPE, 'content-encoding': encoding })).toBe('[1]')
  })

  test.each(['gzip', 'GZIP', 'x-gzip'])('of encoding %s unpacked', async (encoding) => {
    expect(await textFrom([gzipSync('[1]')], { ...JSON_TYPE, 'content-encoding': encoding })).toBe('[1]')
  })

  test('of exactly the longest length, with its length known beforehand or not', async () => {
    const longest = bytes('x'.repeat(1000))
    expect(await textFrom([longest], { ...JSON_TYPE, 'content-length': 1000 })).toHaveLength(1000)
    expect(await textFrom(inPieces(longest, 7), JSON_TYPE)).toBe('x'.repeat(1000))
    expect(await textFrom([gzipSync(longest)], GZIP)).toBe('x'.repeat(1000))
  })

  test('of many pieces in their order', async () => {
    const long = JSON.stringify(Array.from({ length: 10_000 }, (_, n) => n))
    const words = { maxBodyBytes: MiB }
    expect(await textFrom(inPieces(bytes(long), 999), JSON_TYPE, words)).toBe(long)
    expect(await textFrom(inPieces(gzipSync(long), 999), GZIP, words)).toBe(long)
  })

  test('of gzip in several members, cut anywhere', async () => {
    const packed = Buffer.concat([gzipSync('[1,'), gzipSync('2]')])
    expect(await textFrom([packed], GZIP)).toBe('[1,2]')
    for (let cut = 1; cut < packed.length; cut++) {
      expect(await textFrom([packed.subarray(0, cut), packed.subarray(cut)], GZIP)).toBe('[1,2]')
    }
  })

  test('without the byte order mark it begins with, packed or not', async () => {
    expect(await textFrom([bytes('\ufeff[1]')], JSON_TYPE)).toBe('[1]')
    expect(await textFrom([gzipSync('\ufeff[1]')], GZIP)).toBe('[1]')
    expect(await textFrom([bytes('["\ufeff"]')], JSON_TYPE)).toBe('["\ufeff"]')
  })
})

describe('a body is refused', () => {
  test.each([
    [{}, 'There is no Content-Type: send application/json'],
    [{ 'content-type': 'text/plain' }, 'Content-Type text/plain: send application/json'],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'application/x-ndjson for one record per line'],
    [{ 'content-type': 'json' }, 'Content-Type json: send'],
    [{ 'content-type': 'application/json; charset=latin1' }, 'Charset latin1: JSON is UTF-8'],
  ])('because of its type, as of %j', async (headers, said) => {
    const refusal = await refusalOf([bytes('{}')], headers)
    expect(refusal).toMatchObject({ status: 415, reason: 'unsupported_media_type' })
    expect(refusal.message).toContain(said)
  })

  test('because of a type that is shown in the answer only as far as it is of use', async () => {
    const { message } = await refusalOf([bytes('{}')], { 'content-type': `text/${'x'.repeat(5000)}` })
    expect(message).toContain('xxx ...: send')
    expect(message.length).toBeLessThan(300)
  })

  test.each(['br', 'deflate', 'gzip, gzip', 'zstd'])('because of its encoding %s', async (encoding) => {
    const refusal = await refusalOf([bytes('{}')], { ...JSON_TYPE, 'content-encoding': encoding })
    expect(refusal).toMatchObject({ status: 415, reason: 'unsupported_encoding' })
    expect(refusal.message).toContain(`Content-Encoding ${encoding}: compress with gzip`)
  })

  test.each([
    ['empty', [], JSON_TYPE],
    ['empty by its length', [], { ...JSON_TYPE, 'content-length': 0 }],
    ['nothing but a byte order mark', [bytes('\ufeff')], JSON_TYPE],
    ['gzip without a byte', [], GZIP],
    ['gzip of nothing', [gzipSync('')], GZIP],
  ])('because it is %s', async (_what, pieces, headers) => {
    expect(await refusalOf(pieces, headers)).toMatchObject({ status: 400, reason: 'empty_body' })
  })

  const packed = gzipSync('[{"user_id":1}]')
  test.each([
    ['is cut off', [packed.subarray(0, -1)]],
    ['is cut off in its header', [packed.subarray(0, 5)]],
    ['is plain JSON', [bytes('[{"user_id":1}]')]],
    ['has a wrong checksum', [packed.subarray(0, -8), Buffer.alloc(8)]],
    ['is damaged in the middle', [packed.subarray(0, 10), Buffer.alloc(packed.length - 18), packed.subarray(-8)]],
    ['is followed by text', [packed, bytes('PK')]],
    ['is followed by text at once', [Buffer.concat([packed, bytes('PK')])]],
    ['is followed by zeros', [packed, Buffer.alloc(10)]],
    ['is followed by zeros at once', [Buffer.concat([packed, Buffer.alloc(10)])]],
    ['is followed by zeros and a member', [packed, Buffer.alloc(1), packed]],
    ['is followed by zeros and a member at once', [Buffer.concat([packed, Buffer.alloc(1), packed])]],
    ['is followed by half a member', [packed, packed.subarray(0, 12)]],
  ])('because its gzip %s', async (_what, pieces) => {
    expect(await refusalOf(pieces, GZIP)).toMatchObject({ status: 400, reason: 'invalid_gzip' })
  })

  test.each([
    ['sent', inPieces(Buffer.alloc(1001, ' '), 500), JSON_TYPE, 'body_too_large'],
    ['sent compressed', inPieces(gzipSync(Buffer.alloc(0)), 1).concat(manyEmptyMembers()), GZIP, 'body_too_large'],
    ['unpacked', [gzipSync(Buffer.alloc(1001, ' '))], GZIP, 'unpacked_too_large'],
  ])('because it is longer than allowed as it is %s', async (_what, pieces, headers, reason) => {
    const refusal = await refusalOf(pieces, headers)
    expect(refusal).toMatchObject({ status: 413, reason })
    expect(refusal.message).toMatch(/1000 bytes: send fewer records per request, or raise --max-body-size/)
  })

  test('for its length alone before a byte of it is read, and the connection stays for the answer', async () => {
    const { open, outcomes, requests } = await aServer()
    const outgoing = open({ ...JSON_TYPE, 'content-length': 1001 })
    const answered = once(outgoing, 'response')
    outgoing.flushHeaders()
    const [response] = await answered
    expect(response.statusCode).toBe(413)
    await expect(outcomes[0]).rejects.toMatchObject({ reason: 'body_too_large' })
    expect(requests[0]!.destroyed).toBe(false)
    expect(requests[0]!.readableDidRead).toBe(false)
  })

  test('and not read any further, though the client goes on sending', async () => {
    const { open, outcomes, requests } = await aServer()
    const outgoing = open(JSON_TYPE)
    const answered = once(outgoing, 'response')
    outgoing.write(Buffer.alloc(2 * MiB, ' '))
    const [response] = await answered
    expect(response.statusCode).toBe(413)
    await expect(outcomes[0]).rejects.toMatchObject({ reason: 'body_too_large' })
    expect(requests[0]!.destroyed).toBe(false)
    expect(requests[0]!.readableFlowing).not.toBe(true)
    // What node has read ahead stands in the request; the rest stays with the client.
    expect(requests[0]!.readableLength).toBeLessThan(MiB)
  })
})

describe('memory', () => {
  test('that a bomb costs is the limit: it is refused before more is reserved', async () => {
    const pending = new PendingBytes({ mostBytes: 64 * MiB })
    const refusal = await refusalOf([BOMB], GZIP, { maxBodyBytes: MiB, pending })
    expect(refusal).toMatchObject({ status: 413, reason: 'unpacked_too_large' })
    expect(pending.bytes).toBeLessThanOrEqual(MiB + 64 * 1024)
  })

  test.each([
    ['whole', [BOMB]],
    ['in pieces', inPieces(BOMB, 1000)],
  ])('that a bomb costs is the limit: sent %s, the rest is never unpacked', async (_what, pieces) => {
    let unpacked = 0
    const full = new Error('full')
    const unpacking = unpack(Readable.from(pieces), (piece) => {
      unpacked += piece.length
      if (unpacked > MiB) throw full
    })
    await expect(unpacking).rejects.toBe(full)
    expect(unpacked).toBeLessThanOrEqual(MiB + 64 * 1024)
  })

  test.each([
    ['sent with its length', { ...JSON_TYPE, 'content-length': 100_000 }, 100_000],
    ['sent without it', JSON_TYPE, 200_000],
  ])('is reserved for a body %s, and no more than twice its bytes', async (_what, headers, most) => {
    const pending = new PendingBytes({ mostBytes: MiB })
    await readFrom(inPieces(Buffer.alloc(100_000, 'x'), 10_000), headers, { pending, maxBodyBytes: MiB })
    expect(pending.bytes).toBeGreaterThanOrEqual(100_000)
    expect(pending.bytes).toBeLessThanOrEqual(most)
  })

  test('is reserved for unpacking too, beside what is unpacked', async () => {
    const pending = new PendingBytes({ mostBytes: MiB })
    await readFrom([gzipSync('[1]')], GZIP, { pending })
    expect(pending.bytes).toBe(1000 + 64 * 1024)
  })

  test('is reserved as bytes arrive: a length that was announced holds nothing', async () => {
    const { open, pending, requests } = await aServer({ maxBodyBytes: MiB })
    const outgoing = open({ ...JSON_TYPE, 'content-length': MiB })
    outgoing.write('x'.repeat(100))
    await expect.poll(() => requests.length).toBe(1)
    await expect.poll(() => pending.bytes).toBe(4096)
    outgoing.destroy()
  })

  test.each([
    ['plain', JSON_TYPE, Buffer.alloc(600_000, ' ')],
    ['gzip', GZIP, gzipSync(Buffer.alloc(600_000, ' '))],
  ])('that cannot be reserved refuses a body that comes %s', async (_what, headers, body) => {
    const pending = new PendingBytes({ mostBytes: MiB })
    const refusal = await refusalOf(inPieces(body, 50_000), headers, { pending, maxBodyBytes: MiB })
    expect(refusal).toMatchObject({ status: 429, reason: 'client_over_share' })
    expect(pending.bytes).toBeLessThanOrEqual(MiB / 2)
  })
})

describe('unpacking does not wait for what a slow client may still send', () => {
  test.each([
    ['too much', BOMB, 'full'],
    ['zeros behind its end', Buffer.concat([gzipSync('[1]'), Buffer.alloc(9)]), 'something follows its end'],
  ])('after %s', async (_what, first, said) => {
    const asked: string[] = []
    async function* chunks() {
      yield first
      asked.push('second')
      yield Buffer.alloc(9)
      asked.push('third')
      yield Buffer.alloc(9)
    }
    let unpacked = 0
    const unpacking = unpack(chunks(), (piece) => {
      unpacked += piece.length
      if (unpacked > MiB) throw new Error('full')
    })
    await expect(unpacking).rejects.toThrow(said)
    expect(asked).toEqual([])
  })
})

test.each([
  ['plain', JSON_TYPE, bytes('{"a":')],
  ['with its length', { ...JSON_TYPE, 'content-length': 100 }, bytes('{"a":')],
  ['gzip', GZIP, gzipSync('[1]').subarray(0, 12)],
])('a client that leaves in the middle of a body, %s, is no refusal', async (_what, headers, part) => {
  const { open, outcomes } = await aServer()
  const outgoing = open(headers)
  await new Promise((sent) => outgoing.write(part, sent))
  await expect.poll(() => outcomes.length).toBe(1)
  outgoing.destroy()
  await expect(outcomes[0]).rejects.toThrow(ClientGone)
})

function manyEmptyMembers(): Uint8Array[] {
  const member = gzipSync('')
  return [Buffer.concat(Array.from({ length: Math.ceil(1000 / member.length) }, () => member))]
}
