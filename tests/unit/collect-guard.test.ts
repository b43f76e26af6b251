import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../consumer/settings/secret.ts'
import { type Access, accessOf } from '../../producer/collect/access.ts'
import { type Guard, hostGuard, keyGuard } from '../../producer/collect/guard.ts'
import { RefusedRequest } from '../../producer/collect/refused-request.ts'

/** The reason for which a request with the headers is refused; `passes` when it is not. */
function outcome(guard: Guard, headers: Record<string, string>): string {
  try {
    guard({ headers } as unknown as IncomingMessage)
    return 'passes'
  } catch (error) {
    if (!(error instanceof RefusedRequest)) throw error
    return `${error.status} ${error.reason}`
  }
}

const WITH_KEY: Access = { kind: 'key', key: new Secret('pässword 1') }
const THIS_MACHINE: Access = { kind: 'this_machine' }
const NOBODY: Access = { kind: 'nobody' }

/** As the bytes of a header reach Node. */
const sent = (text: string): string => Buffer.from(text).toString('latin1')

describe('the key', () => {
  test.each<[string, Record<string, string>, string]>([
    ['as X-API-Key', { 'x-api-key': sent('pässword 1') }, 'passes'],
    ['as a bearer token', { authorization: sent('Bearer pässword 1') }, 'passes'],
    ['as a bearer token in other letters', { authorization: sent('bearer  pässword 1') }, 'passes'],
    ['not at all', {}, '401 missing_api_key'],
    ['with another scheme', { authorization: 'Basic cGFzc3dvcmQ=' }, '401 missing_api_key'],
    ['as an empty bearer token', { authorization: 'Bearer ' }, '401 missing_api_key'],
    ['empty', { 'x-api-key': '' }, '401 wrong_api_key'],
    ['cut short', { 'x-api-key': sent('pässword ') }, '401 wrong_api_key'],
    ['too long', { 'x-api-key': sent('pässword 11') }, '401 wrong_api_key'],
    ['twice', { 'x-api-key': sent('pässword 1, pässword 1') }, '401 wrong_api_key'],
    [
      'wrong, with the right one as a bearer token',
      { 'x-api-key': 'x', authorization: sent('Bearer pässword 1') },
      '401 wrong_api_key',
    ],
  ])('given %s', (_how, headers, expected) => {
    expect(outcome(keyGuard(WITH_KEY), headers)).toBe(expected)
  })

  test('is not asked for where only this machine can ask', () => {
    expect(outcome(keyGuard(THIS_MACHINE), {})).toBe('passes')
  })

  test('lets nobody in where there is none and others could ask', () => {
    expect(outcome(keyGuard(NOBODY), { 'x-api-key': '' })).toBe('403 api_key_needed')
  })
})

describe('the name of this machine', () => {
  test.each([
    ['localhost', 'passes'],
    ['localhost:8000', 'passes'],
    ['LOCALHOST:8000', 'passes'],
    ['127.0.0.1:8000', 'passes'],
    ['[::1]:8000', 'passes'],
    ['evil.example', '403 foreign_host'],
    ['localhost.evil.example', '403 foreign_host'],
    ['evil.example:8000', '403 foreign_host'],
    ['127.0.0.1.evil.example', '403 foreign_host'],
    ['localhost@evil.example', '403 foreign_host'],
    ['', '403 foreign_host'],
  ])('%j', (host, expected) => {
    expect(outcome(hostGuard(THIS_MACHINE), { host })).toBe(expected)
  })

  test('is needed by whoever names none', () => {
    expect(outcome(hostGuard(THIS_MACHINE), {})).toBe('403 foreign_host')
  })

  test('is any where a key is asked for', () => {
    expect(outcome(hostGuard(WITH_KEY), { host: 'collector.example' })).toBe('passes')
  })
})

function keyFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-key-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'key')
  writeFileSync(path, content)
  return path
}

const settings = (given: { key?: string; file?: string; host?: string }) => ({
  collectorApiKey: given.key === undefined ? undefined : new Secret(given.key),
  collectorApiKeyFile: given.file,
  host: given.host ?? '127.0.0.1',
})

const keyIn = (access: Access): string | undefined => (access.kind === 'key' ? access.key.reveal() : undefined)

describe('who may use the API', () => {
  test.each([
    ['127.0.0.1', 'this_machine'],
    ['127.8.8.8', 'this_machine'],
    ['::1', 'this_machine'],
    ['0:0:0:0:0:0:0:1', 'this_machine'],
    ['localhost', 'this_machine'],
    ['0.0.0.0', 'nobody'],
    ['::', 'nobody'],
    ['192.168.1.5', 'nobody'],
    ['collector.example', 'nobody'],
  ])('without a key, listening on %s: %s', (host, kind) => {
    expect(accessOf(settings({ host })).kind).toBe(kind)
    expect(keyIn(accessOf(settings({ host, key: 'k' })))).toBe('k')
  })

  test('whoever has the key of the file, without the line break at its end', () => {
    expect(keyIn(accessOf(settings({ file: keyFile('secret \r\n') })))).toBe('secret ')
  })

  test.each([
    ['an empty file', () => settings({ file: keyFile('\n') }), 'is empty, write the key into it'],
    ['a file that is not there', () => settings({ file: '/not/there' }), 'there is no such file'],
    ['a folder', () => settings({ file: tmpdir() }), 'is a folder, name the key file in it'],
    ['a key and a file', () => settings({ key: 'hush', file: keyFile('k') }), 'COLLECTOR_API_KEY gives the key too'],
  ])('is refused to be told by %s', (_what, given, fix) => {
    expect(() => accessOf(given())).toThrow(fix)
    expect(() => accessOf(given())).not.toThrow('hush')
  })
})
