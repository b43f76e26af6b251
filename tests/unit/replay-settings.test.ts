import { describe, expect, test } from 'vitest'
import { replay, start } from '../../commands/commands.ts'
import { describeFault } from '../../consumer/settings/fault.ts'

function faultsOf(flags: readonly string[], env: Record<string, string> = {}): string[] {
  const parsed = replay.parse([...flags, 'a.csv'], env)
  return parsed.outcome === 'refused' ? parsed.faults.map(describeFault) : []
}

describe('settings of a replay that contradict each other', () => {
  test.each([
    [
      ['--rate', '5', '--speed', '2'],
      {},
      ['rate (flag --rate): contradicts speed (flag --speed), leave one of them out'],
    ],
    [
      ['--speed', '2'],
      { REPLAY_RATE: '9' },
      ['rate (env REPLAY_RATE): contradicts speed (flag --speed), leave one of them out'],
    ],
    [
      ['--data', 'd', '--endpoint', 'http://localhost/e'],
      {},
      ['data (flag --data): contradicts endpoint (flag --endpoint), leave one of them out'],
    ],
    [
      ['--data', 'd', '--output', '-'],
      {},
      ['data (flag --data): contradicts output (flag --output), leave one of them out'],
    ],
    [
      ['--data', 'd', '--brokers', 'kafka'],
      {},
      ['data (flag --data): takes the place of Kafka, leave it or the brokers (flag --brokers) out'],
    ],
    [['--data', 'd', '--rate', '0.5'], {}, []],
    [['--speed', 'max'], {}, []],
  ])('%j with %j', (flags, env, faults) => {
    expect(faultsOf(flags, env)).toEqual(faults)
  })
})

test('another command may take a folder and a rate', () => {
  expect(start.parse(['--data', 'd', '--rate', '5'], { KAFKA_BROKERS: 'kafka' }).outcome).toBe('run')
})
