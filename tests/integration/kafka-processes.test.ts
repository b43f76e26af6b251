import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { parseExposition } from '../exposition.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, countersOn, type KafkaGroup } from './kafka-member.ts'
import { type ConsumerProcess, spawnConsumer } from './kafka-process.ts'
import { together } from './kafka-together.ts'
import { sumOf } from './machine.ts'

const PARTITIONS = 4

/** Of users that are others for each seed; so many that every partition gets some. */
const traffic = (seed: number, count = 400) =>
  disorderedTraffic({
    seed,
    count,
    firstUser: seed * 100,
    fromMs: at('09:00:00') + seed * 3_600_000,
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

const DEFAULT_FUNNELS = ['purchase', 'checkout'].map((name) => ({
  name,
  steps: [
    { name: 'view', event: 'page_view' as const },
    { name: 'cart', event: 'add_to_cart' as const },
    ...(name === 'checkout' ? [{ name: 'checkout', event: 'checkout' as const }] : []),
    { name: 'purchase', event: 'purchase' as const },
  ],
}))

const expectedOf = (group: KafkaGroup) => group.expected({ funnels: DEFAULT_FUNNELS })

interface Member extends ConsumerProcess {
  page(): Promise<Map<string, number>>
}

const FLAGS = Object.entries({
  'idle-advance': 'off',
  'summary-interval': 'none',
  'kafka-session-timeout': '6s',
  'kafka-rebalance-timeout': '6s',
}).flatMap(([name, value]) => [`--${name}`, value])

const environment = ({ bootstrap, topic, group }: KafkaGroup): Record<string, string> => ({
  KAFKA_BROKERS: bootstrap,
  KAFKA_TOPIC: topic,
  KAFKA_GROUP: group,
})

const pageOf = async (url: string): Promise<Map<string, number>> =>
  parseExposition(await (await fetch(`${url}/metrics`)).text())

/** A member of the group in a process of its own. */
function spawnMember(group: KafkaGroup, flags: readonly string[] = [], env: Record<string, string> = {}): Member {
  const member = spawnConsumer([...FLAGS, ...flags], { ...environment(group), ...env })
  return { ...member, page: async () => pageOf(await member.url) }
}

const owned = async (member: Member): Promise<number> => sumOf(await member.page(), 'partitions_assigned')

const dividedInto = (shares: readonly number[], ...members: readonly Member[]) =>
  until(async () => {
    const counts = await Promise.all(members.map(owned))
    return counts.sort().join() === shares.join() ? true : undefined
  }, `shares of ${shares} partitions`)

kafkaTest('a member that stalls is fenced, and shows nothing old when it goes on', async ({ broker }) => {
  const group = await aKafkaGroup(broker, { partitions: PARTITIONS })
  await group.append(traffic(1))
  const [stalled, other] = [spawnMember(group), spawnMember(group)]
  await dividedInto([2, 2], stalled, other)
  expect(await together(group, stalled, other)).toStrictEqual(await expectedOf(group))
  const rebalances = sumOf(await stalled.page(), 'rebalances_total')

  stalled.signal('SIGSTOP')
  await group.append(traffic(2))
  const expected = await expectedOf(group)
  // The other takes everything over, from the committed positions, and reads what came meanwhile.
  expect(await together(group, other)).toStrictEqual(expected)

  // Asked while it cannot answer: nobody can ask sooner.
  let asked = stalled.page()
  stalled.signal('SIGCONT')
  const pages: Map<string, number>[] = []
  await until(async () => {
    pages.push(await asked)
    asked = stalled.page()
    return sumOf(pages.at(-1)!, 'rebalances_total') > rebalances ? true : undefined
  }, 'it to be a member again')
  // Every partition has moved on meanwhile: what it showed before would be told from what is true now.
  for (const page of pages) expect(expected).toMatchObject(countersOn(page))

  await dividedInto([2, 2], stalled, other)
  await group.append(traffic(3))
  expect(await together(group, stalled, other)).toStrictEqual(await expectedOf(group))
})

kafkaTest(
  'SIGTERM while the group waits for somebody else is obeyed at once, and the state is saved',
  async ({ broker, kafka }) => {
    const group = await aKafkaGroup(broker, { partitions: PARTITIONS })
    await group.append(traffic(1))
    // So patient that only what is done without waiting for the others can be done in this test.
    const patient = [
      '--kafka-session-timeout',
      '120s',
      '--kafka-rebalance-timeout',
      '120s',
      '--snapshot-interval',
      '1d',
    ]
    const [leaving, silent] = [spawnMember(group, patient), spawnMember(group, patient)]
    await dividedInto([2, 2], leaving, silent)
    await together(group, leaving, silent)
    const inGroup = async () => (await kafka.admin.describeGroups([group.group])).groups[0]!
    const inState = (state: string) =>
      until(async () => ((await inGroup()).state === state ? true : undefined), `the group to be in ${state}`)

    silent.signal('SIGSTOP')
    const joining = spawnMember(group, patient)
    await inState('PreparingRebalance')
    // Its partitions are its own until the others are there: what comes meanwhile it still counts.
    await group.append(traffic(2))
    const ends = await kafka.admin.fetchTopicOffsets(group.topic)
    await until(async () => {
      const page = await leaving.page()
      const positions = ends.map(({ partition, high }) => [
        page.get(group.series('position_offset', {}, partition)),
        Number(high),
      ])
      return (
        positions.filter(([position]) => position !== undefined).every(([position, end]) => position === end) ||
        undefined
      )
    }, 'what came meanwhile to be counted')

    leaving.signal('SIGTERM')
    expect(await leaving.ended).toBe(0)
    expect(leaving.stdout()).toContain('stopped; whoever owns the partitions next goes on from here')
    const { state, members } = await inGroup()
    expect([state, members.length]).toStrictEqual(['PreparingRebalance', 2])

    silent.signal('SIGCONT')
    await inState('Stable')
    await dividedInto([2, 2], silent, joining)
    await group.append(traffic(3))
    expect(await together(group, silent, joining)).toStrictEqual(await expectedOf(group))
  },
)

const CONSUMER = fileURLToPath(new URL('../../consumer/main.ts', import.meta.url))

kafkaTest('a disk that is full costs the log file and nothing else', async ({ broker, kafka }) => {
  const group = await aKafkaGroup(broker)
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-full-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'analytics.log')
  const flags = [...FLAGS, '--port', '0', '--log-level', 'debug', '--log-file', file]
  // No file it writes gets any longer than that, as on a disk without space.
  const limited = ['-c', 'ulimit -f 16; exec "$0" "$@"', process.execPath, CONSUMER, ...flags]
  const child = spawn('sh', limited, { env: environment(group), stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const ended = once(child, 'close')
  const url = await until(async () => /metrics\s+(http:\S+)\/metrics/.exec(output)?.[1], 'it to listen')

  await kafka.write(
    group.topic,
    Array.from({ length: 500 }, () => ({ value: 'no event' })),
  )
  await until(async () => output.includes('cannot be written') || undefined, 'the complaint')
  await group.append(traffic(1))
  expect(await together(group, { page: () => pageOf(url) })).toStrictEqual(await expectedOf(group))
  expect(output).toContain(`the log file ${file} cannot be written`)
  expect(statSync(file).size).toBeGreaterThan(0)

  child.kill('SIGTERM')
  expect(await ended).toStrictEqual([0, null])
  expect(output.match(/cannot be written/g)).toHaveLength(1)
  expect((await kafka.committed(group.group, group.topic)).get(0)).toMatchObject({ offset: 900 })
})

kafkaTest('scrapers that come together share one commit a second, and see the same numbers', async ({ broker }) => {
  const group = await aKafkaGroup(broker, { partitions: PARTITIONS })
  const member = spawnMember(group, ['--snapshot-interval', '1d'])
  await dividedInto([PARTITIONS], member)
  await until(async () => ((await fetch(`${await member.url}/-/ready`)).ok ? true : undefined), 'readiness')

  const before = sumOf(await member.page(), 'commits_total')
  const startedAtMs = performance.now()
  const byPosition = new Map<string, Set<string>>()
  const positionsSeen: number[][] = []
  let writing = true
  const scrapers = Array.from({ length: 8 }, async () => {
    const seen: number[] = []
    while (writing) {
      const page = await member.page()
      const positions = [...page].filter(([key]) => key.startsWith('clickstream_position_offset'))
      const shown = byPosition.get(positions.join()) ?? new Set()
      byPosition.set(positions.join(), shown.add(JSON.stringify(countersOn(page))))
      seen.push(positions.reduce((sum, [, offset]) => sum + offset, 0))
    }
    positionsSeen.push(seen)
  })
  for (let seed = 1; byPosition.size < 5; seed++) await group.append(traffic(seed, 200))
  writing = false
  await Promise.all(scrapers)
  const commits = sumOf(await member.page(), 'commits_total') - before
  const seconds = (performance.now() - startedAtMs) / 1_000

  expect([...byPosition.values()].map(({ size }) => size)).toStrictEqual([...byPosition].map(() => 1))
  for (const seen of positionsSeen) expect(seen).toStrictEqual(seen.toSorted((a, b) => a - b))
  expect(positionsSeen.flat().length).toBeGreaterThan(8 * byPosition.size)
  // One a second for the scrapers, and one every five seconds whoever asks.
  expect(commits).toBeGreaterThanOrEqual(byPosition.size - 1)
  expect(commits).toBeLessThanOrEqual(Math.floor(seconds) + 1 + Math.floor(seconds / 5) + 1)
})

kafkaTest.for(['latest', '2024-05-01T13:00:00Z'])('KAFKA_START=%s is where it begins', async (start, { broker }) => {
  const group = await aKafkaGroup(broker)
  const events = [...traffic(1, 100), ...traffic(5, 100)]
  await group.append(events)
  const counted = start === 'latest' ? 0 : events.filter(({ logTimeMs }) => logTimeMs >= Date.parse(start)).length
  const member = spawnMember(group, [], { KAFKA_START: start })
  await together(group, member)
  expect(sumOf(await member.page(), 'records_consumed_total')).toBe(counted)
})
