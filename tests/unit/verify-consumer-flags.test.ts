import { expect, test } from 'vitest'
import { splitArguments } from '../../commands/command-flags.ts'
import { consumer, verify } from '../../commands/commands.ts'
import { consumerFlags } from '../../commands/verify/consumer-flags.ts'

/** The settings of a consumer that verify starts with these flags of its own. */
function settingsOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const parsed = consumer.parse(flagsFor(argv, env), env)
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  return parsed.settings
}

function flagsFor(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string[] {
  const parsed = verify.parse(argv, env)
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  return consumerFlags(splitArguments(verify, argv).flags, parsed.given)
}

test('a consumer counts by the rules it is verified by', () => {
  const flags = ['--session-gap', '5m', '--pages', '/a', '--pages', '/b,/c', '--drop-bots', '--brokers', 'kafka:9092']
  expect(settingsOf(flags)).toMatchObject({
    sessionGapMs: 300_000,
    pages: ['/a', '/b', '/c'],
    dropBots: true,
    brokers: ['kafka:9092'],
  })
})

test('a default that only verify has is passed on, unless the environment says otherwise', () => {
  expect(settingsOf([])).toMatchObject({ maxPages: 10, sessionTimeoutMs: 6_000 })
  expect(settingsOf([], { MAX_PAGES: '7' }).maxPages).toBe(7)
  expect(settingsOf(['--max-pages', '8'], { MAX_PAGES: '7' }).maxPages).toBe(8)
})

test('flags of the traffic are none of its business', () => {
  const flags = flagsFor(['--events', '10', '--seed', '2', '--kill'])
  expect(flags.filter((flag) => /events|seed|kill/.test(flag))).toEqual([])
})

test('what would disturb the comparison is settled, whatever the environment says', () => {
  const env = {
    IDLE_ADVANCE: '1s',
    KAFKA_START: 'latest',
    PORT: '8000',
    LOG_FILE: 'x.log',
    KAFKA_SESSION_TIMEOUT: '1m',
  }
  expect(settingsOf([], env)).toMatchObject({
    idleAfterMs: undefined,
    startFrom: 'earliest',
    port: 0,
    logFile: undefined,
  })
})

test('a password stays in the environment', () => {
  const env = { KAFKA_SASL_PASSWORD: 'secret', KAFKA_TLS: 'on' }
  const argv = ['--kafka-sasl-mechanism', 'plain', '--kafka-sasl-username', 'ann']
  expect(settingsOf(argv, env).saslPassword?.reveal()).toBe('secret')
  expect(flagsFor(argv, env).join(' ')).not.toContain('password')
})
