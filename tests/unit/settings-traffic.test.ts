import { describe, expect, test } from 'vitest'
import { producer, start } from '../../commands/commands.ts'
import { NO_DISORDER } from '../../consumer/settings/disorders.ts'
import { describeFault } from '../../consumer/settings/fault.ts'

function settingsOf(flags: readonly string[], env: Record<string, string> = {}) {
  const parsed = producer.parse(flags, env)
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  return parsed.settings
}

function faultsOf(flags: readonly string[], env: Record<string, string> = {}): string[] {
  const parsed = producer.parse(flags, env)
  return parsed.outcome === 'refused' ? parsed.faults.map(describeFault) : []
}

describe('the settings of the traffic', () => {
  test('are those of an undisturbed day in real time unless given', () => {
    expect(settingsOf([])).toMatchObject({
      ratePerSecond: 200,
      users: undefined,
      speed: 1,
      events: undefined,
      durationMs: undefined,
      disorder: NO_DISORDER,
      scenarios: [],
      scenarioAtMs: 60_000,
      scenarioForMs: 120_000,
      emitDialect: 'user-events',
      expectedPort: 8001,
      host: '127.0.0.1',
    })
  })

  test.each([
    [['--duration', '90s'], { durationMs: 90_000 }],
    [['--duration', '90'], { durationMs: 90_000 }],
    [['--speed', '60'], { speed: 60 }],
    [['--users', '40'], { users: 40 }],
    [['--from', '2026-01-01'], { fromMs: Date.UTC(2026, 0, 1) }],
    [['--expected-port', 'off'], { expectedPort: undefined }],
    [['--output', '-'], { output: '-' }],
    [['--endpoint', 'https://example.com/in?x=1'], { endpoint: 'https://example.com/in?x=1' }],
    [['--scenario', 'late-burst', '--scenario', 'bot-storm'], { scenarios: ['late-burst', 'bot-storm'] }],
    [['--scenario', 'late-burst', '--at', '5s', '--for', '1m'], { scenarioAtMs: 5_000, scenarioForMs: 60_000 }],
    [['--disorder', 'late=0.2'], { disorder: { ...NO_DISORDER, late: 0.2 } }],
  ])('%j is understood', (flags, expected) => {
    expect(settingsOf(flags)).toMatchObject(expected)
  })

  test.each([
    [['--duration', '50ms'], 'duration: "50ms" (flag --duration): write a duration from 100ms to 365d'],
    [['--speed', '0.5'], 'write a number from 1 to 100000, such as 60 for an hour a minute'],
    [['--endpoint', 'localhost:80'], 'write an address such as http://127.0.0.1:8080/events'],
    [['--endpoint', 'http://ann:x@localhost'], 'write it without user and password, set PRODUCER_API_KEY instead'],
    [['--scenario', 'late-burts'], 'did you mean late-burst'],
    [['--api-key', 'x'], 'would show the secret to every user of the machine, set PRODUCER_API_KEY instead'],
  ])('%j is refused with the fix', (flags, fix) => {
    expect(faultsOf(flags).join('\n')).toContain(fix)
  })

  test('keep the key of an endpoint from being printed', () => {
    const { apiKey } = settingsOf([], { PRODUCER_API_KEY: 'open sesame' })
    expect([apiKey!.reveal(), JSON.stringify(apiKey)]).toEqual(['open sesame', '{}'])
  })
})

describe('settings that contradict each other', () => {
  test.each([
    [
      ['--users', '5', '--rate', '5'],
      {},
      ['users (flag --users): contradicts rate (flag --rate), leave one of them out'],
    ],
    [['--users', '5'], { RATE: '9' }, ['users (flag --users): contradicts rate (env RATE), leave one of them out']],
    [
      ['--events', '5', '--speed', '2'],
      {},
      ['events (flag --events): contradicts speed (flag --speed), leave one of them out'],
    ],
    [['--events', '5', '--rate', '0'], {}, ['events (flag --events): never come at a rate of 0, raise it with --rate']],
    [
      ['--output', 'x'],
      { KAFKA_BROKERS: 'kafka' },
      ['output (flag --output): takes the place of Kafka, leave it or the brokers (env KAFKA_BROKERS) out'],
    ],
    [['--at', '5s'], {}, ['at (flag --at): is not used without a scenario, name one with --scenario or leave it out']],
    [['--for', '5s', '--scenario', 'late-burst'], {}, []],
    [['--output', '-', '--topic', 'clicks'], {}, []],
  ])('%j with %j', (flags, env, faults) => {
    expect(faultsOf(flags, env)).toEqual(faults)
  })

  test('are looked at for every command that makes traffic', () => {
    const parsed = start.parse(['--users', '5', '--rate', '5'], {})
    expect(parsed.outcome).toBe('refused')
  })
})
