import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { verify } from '../../commands/commands.ts'
import { openEmbeddedVenue } from '../../commands/verify/embedded-venue.ts'
import { metricsOf } from '../../commands/verify/state-series.ts'
import { streamBatches } from '../../commands/verify/stream.ts'
import type { Venue } from '../../commands/verify/venue.ts'
import { isPassed, type Verdict } from '../../commands/verify/verdict.ts'
import { verifyStream } from '../../commands/verify/verify-stream.ts'
import { BUILT_IN_DIALECTS } from '../../consumer/contract/dialects.ts'
import { newPartitionState } from '../../consumer/core/state.ts'
import { coreOptionsOf } from '../../consumer/core-options.ts'
import { stateFamilies } from '../../consumer/expose/state-families.ts'
import type { OracleOptions } from '../../producer/oracle/partition-oracle.ts'
import { oracleOptionsOf } from '../../producer/oracle-options.ts'
import type { KafkaClient } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { runCommand } from './command-run.ts'

/** What the command runs, with an oracle or a log that is not what it should be. */
async function verdictWith(
  argv: readonly string[],
  spoilt: { oracle?: Partial<OracleOptions>; venue?: (venue: Venue) => Partial<Venue> },
): Promise<Verdict> {
  const parsed = verify.parse(argv, {})
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  const { settings } = parsed
  const options = coreOptionsOf(settings)
  const families = stateFamilies(newPartitionState(options).counters.cells)
  const { signal } = new AbortController()
  const venue = await openEmbeddedVenue(options, settings.partitions, signal)
  try {
    return await verifyStream({
      venue: { ...venue, ...spoilt.venue?.(venue) },
      batches: streamBatches(settings, Date.now()),
      events: settings.events!,
      seed: settings.seed,
      oracle: { ...oracleOptionsOf(settings, { appendTime: true }), ...spoilt.oracle },
      metrics: metricsOf(families),
      families: families.length,
      kill: undefined,
      patienceMs: 60_000,
      steadyNow: () => performance.now(),
      progress: { show: () => undefined, clear: () => undefined },
      signal,
    })
  } finally {
    await venue.close()
  }
}

/** What the command says besides how far it is, which depends on how fast the machine is. */
const complaintsIn = (stderr: string): string => stderr.replace(/^[\d,]+ of [\d,]+ records \w+\n/gm, '')

const FEW = ['--events', '3000', '--partitions', '2']

describe('on an embedded log', () => {
  test.each(Object.keys(BUILT_IN_DIALECTS))('the numbers of %s are right', async (dialect) => {
    const { exitCode, stdout, stderr } = await runCommand('verify', [...FEW, '--emit', dialect])
    expect({ exitCode, complaints: complaintsIn(stderr) }).toEqual({ exitCode: 0, complaints: '' })
    expect(stdout).toMatch(
      /^verify: PASS, \d+ families, [\d,]+ series equal; 3,000 events and \d+ at the edges, 2 partitions, seed 1$/m,
    )
    expect(stdout).toMatch(/^clickstream_records_consumed_total +3,\d{3} +3,\d{3} +0$/m)
  })

  test('the stream has every kind of disorder, and the verdict is there as JSON', async () => {
    const { stdout } = await runCommand('verify', ['--events', '20000', '--format', 'json'])
    const { verdict, metrics, differences } = JSON.parse(stdout)
    expect({ verdict, differences }).toEqual({ verdict: 'pass', differences: [] })
    const totalOf = (name: string): number =>
      metrics.find(({ metric }: { metric: string }) => metric === `clickstream_${name}`).expected
    for (const name of ['events_dropped_total', 'records_rejected_total', 'label_overflow_total', 'revenue_total'])
      expect(totalOf(name)).toBeGreaterThan(0)
  })

  test('other rules, a scenario and another seed are verified as well', async () => {
    const rules = ['--session-gap', '90s', '--allowed-lateness', '20s', '--session-key', 'session', '--drop-bots']
    const traffic = ['--seed', '7', '--scenario', 'late-burst', '--at', '10s', '--for', '60s', '--events', '3000']
    const { exitCode, stdout } = await runCommand('verify', [...rules, ...traffic])
    expect({ exitCode, last: stdout.trimEnd().split('\n').at(-1) }).toMatchObject({
      exitCode: 0,
      last: expect.stringMatching(/PASS.*seed 7$/),
    })
  })
})

describe('wrong numbers are found', () => {
  test.each<[rule: string, oracle: Partial<OracleOptions>, metric: string]>([
    ['a session gap', { gapMs: 1_800_001 }, 'clickstream_sessions_closed_total'],
    ['an allowed lateness', { allowedLatenessMs: 600_001 }, 'clickstream_events_dropped_total'],
    ['an engagement', { engagedAfterMs: 10_001 }, 'clickstream_sessions_bounced_total'],
  ])('for %s off by a millisecond', async (_rule, oracle, metric) => {
    const verdict = await verdictWith(FEW, { oracle })
    expect(isPassed(verdict)).toBe(false)
    expect(verdict.comparison.differences.map(({ series }) => series.split('{')[0])).toContain(metric)
  })

  test('for one number changed on the page', async () => {
    const changed = 'clickstream_clicks_total{page="/",group="verify",topic="verify",partition="1"} '
    const verdict = await verdictWith(FEW, {
      venue: ({ pages }) => ({
        pages: async () => (await pages()).map((page) => `${page}${changed}1000000\n`),
      }),
    })
    expect(verdict.comparison.differences).toEqual([
      { partition: 1, series: 'clickstream_clicks_total{page="/"}', expected: expect.any(Number), exposed: 1_000_000 },
    ])
    expect(isPassed(verdict)).toBe(false)
  })

  test('for records that never reached the log', async () => {
    const verdict = await verdictWith(FEW, {
      venue: ({ append }) => ({ append: (records) => append(records.slice(1)) }),
    })
    expect(verdict.comparison.differences).toEqual([])
    expect(verdict.faults.join()).toMatch(/partition \d holds [\d,]+ records, [\d,]+ were sent to it/)
    expect(isPassed(verdict)).toBe(false)
  })
})

describe('verifying is refused', () => {
  test.each<[what: string, flags: string[], fault: string]>([
    ['a kill without processes', ['--kill'], 'kill: needs consumers with processes of their own'],
    ['consumers without Kafka', ['--consumers', '3'], 'consumers: needs consumers with processes of their own'],
    ['traffic that never comes', ['--rate', '0'], 'rate: "0": write a rate above 0'],
    ['a stream that ends in the future', ['--from', new Date().toISOString()], 'from: the stream would end in the fut'],
    ['a mapping', ['--mapping', 'own.yaml'], 'mapping: "own.yaml": '],
  ])('for %s, with exit code 2', async (_what, flags, fault) => {
    const { exitCode, stdout, stderr } = await runCommand('verify', flags)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(fault)
  })
})

const isOfVerify = (name: string): boolean => name.startsWith('verify-')

const topicsOfVerify = async ({ admin }: KafkaClient): Promise<string[]> =>
  (await admin.listTopics()).filter(isOfVerify)

/** A broker may list a topic for a moment after it is deleted. */
async function nothingLeft(kafka: KafkaClient): Promise<void> {
  await until(async () => (await topicsOfVerify(kafka)).length === 0 || undefined, 'the topics to be gone')
  const { groups } = await kafka.admin.listGroups()
  expect(groups.map(({ groupId }) => groupId).filter(isOfVerify)).toEqual([])
}

/** Runs the command until it has begun, interrupts it, and gives its exit code. */
async function interrupted(flags: readonly string[], env: Record<string, string>, hasBegun: () => Promise<boolean>) {
  const script = join(import.meta.dirname, '../../commands/verify.ts')
  const child = spawn(process.execPath, [script, '--events', '50000000', ...flags], { env, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  await until(async () => (await hasBegun()) || undefined, 'the stream to begin')
  child.kill('SIGINT')
  const [exitCode] = await ended
  return exitCode
}

describe('an interrupted run', () => {
  test('leaves no folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clickstream-interrupted-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    expect(await interrupted([], { TMPDIR: folder }, async () => readdirSync(folder).length > 0)).toBe(130)
    expect(readdirSync(folder)).toEqual([])
  })

  kafkaTest('leaves no topic', async ({ broker, kafka }) => {
    const hasBegun = async (): Promise<boolean> => (await topicsOfVerify(kafka)).length === 3
    expect(await interrupted(['--brokers', broker.bootstrap], {}, hasBegun)).toBe(130)
    await nothingLeft(kafka)
  })
})

describe('on Kafka', () => {
  kafkaTest(
    'two consumers show the right numbers though one is killed, and nothing is left',
    async ({ broker, kafka }) => {
      const flags = ['--brokers', broker.bootstrap, '--events', '8000', '--kill']
      const { exitCode, stdout, stderr } = await runCommand('verify', flags)
      expect({ exitCode, stderr: complaintsIn(stderr) }).toEqual({
        exitCode: 0,
        stderr: '',
      })
      expect(stdout).toMatch(
        /^note: a consumer was killed when [4-6],\d{3} records were consumed, and another one started$/m,
      )
      expect(stdout).toMatch(/^verify: PASS, .*; 8,000 events and \d+ at the edges, 4 partitions, seed 1$/m)
      await nothingLeft(kafka)
    },
  )

  kafkaTest('consumers log in as the command does, their password in the environment', async ({ startOwn }) => {
    const { bootstrap, user } = (await startOwn({ security: 'sasl_plaintext' })).secure!
    const login = ['--kafka-sasl-mechanism', 'scram-sha-512', '--kafka-sasl-username', user!.username]
    const env = { KAFKA_BROKERS: bootstrap, KAFKA_SASL_PASSWORD: user!.password }
    const { exitCode, stdout, stderr } = await runCommand('verify', [...FEW, ...login], { env })
    expect({ exitCode, complaints: complaintsIn(stderr) }).toEqual({ exitCode: 0, complaints: '' })
    expect(stdout).toMatch(/^verify: PASS, /m)
  })

  kafkaTest('a broker that is not there is said in one line, with exit code 1', async () => {
    const { exitCode, stdout, stderr } = await runCommand('verify', ['--brokers', '127.0.0.1:1'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^verify: .*127\.0\.0\.1:1.*\n$/)
  })
})
