import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CommitFailed } from '../../consumer/contract/log-port.ts'
import { aClickEvent, at } from '../builders.ts'
import { trafficOfHour } from '../disordered-traffic.ts'
import { isStateCounter } from '../exposition.ts'
import { until } from '../running-start.ts'
import { Machine, series, shownCounters, sumOf } from './machine.ts'

const CONSUMED = series('records_consumed_total')
/** A gate that calls wait at until it is opened. */
function aGate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

test('a committed position is the floor of the next life: an old snapshot and a newer position give the same totals', async () => {
  const machine = new Machine()
  const first = await machine.boot()
  for (let seed = 1; seed <= 3; seed++) {
    await machine.append(first.log, trafficOfHour(seed))
    await first.settled()
    await first.nextPage()
  }
  await first.crash()
  expect(machine.position()).toMatchObject({ offset: 900, note: { at: 0 } })

  const second = await machine.boot()
  await second.settled()
  const page = await second.nextPage()
  expect(page.get(CONSUMED)).toBe(900)
  expect(shownCounters(page)).toStrictEqual(machine.expected())
  expect(machine.linesSaying('partition restored').at(-1)).toMatchObject({ offset: 900, replayed: 900 })
})

test('nothing is exposed before the committed position is reached again', async () => {
  const machine = new Machine()
  const first = await machine.boot()
  await machine.append(first.log, trafficOfHour(1))
  await first.settled()
  await first.nextPage()
  await first.crash()

  const { opened, open } = aGate()
  const second = await machine.boot({
    faults: (log) => ({
      async read(...call) {
        await opened
        return log.read(...call)
      },
    }),
  })
  expect([...(await second.nextPage()).keys()].filter(isStateCounter)).toStrictEqual([])
  const ready = await fetch(`${second.url}/-/ready`)
  expect([ready.status, await ready.text()]).toStrictEqual([503, 'not ready: partition 0: being restored\n'])

  open()
  await second.settled()
  expect((await second.nextPage()).get(CONSUMED)).toBe(300)
})

test('numbers that could not be committed are never shown, and the committed ones only until they are stale', async () => {
  const machine = new Machine()
  let broken = false
  const life = await machine.boot({
    staleAfterMs: 30_000,
    faults: (log) => ({
      async commit(...call) {
        if (broken) throw new CommitFailed('refused', new Error('no disk'))
        return log.commit(...call)
      },
    }),
  })
  await machine.append(life.log, trafficOfHour(1, 100))
  await life.settled()
  expect((await life.nextPage()).get(CONSUMED)).toBe(100)

  broken = true
  await machine.append(life.log, trafficOfHour(2, 100))
  await life.settled()
  const unmoved = await life.nextPage()
  expect(unmoved.get(CONSUMED)).toBe(100)
  expect(unmoved.get('clickstream_capture_age_seconds')).toBe(1)
  expect(sumOf(unmoved, 'commit_failures_total')).toBeGreaterThan(0)

  machine.nowMs += 29_000
  expect((await life.page()).get(CONSUMED)).toBe(100)
  const stale = await life.nextPage()
  expect([...stale.keys()].filter(isStateCounter)).toStrictEqual([])
  expect(stale.get('clickstream_capture_age_seconds')).toBe(31)

  broken = false
  const recovered = await life.nextPage()
  expect(recovered.get(CONSUMED)).toBe(200)
  expect(recovered.get('clickstream_capture_age_seconds')).toBe(0)
  expect(shownCounters(recovered)).toStrictEqual(machine.expected())
})

test('a full disk stops the numbers where they were committed, and space lets them go on', async ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    rmSync(folder, { recursive: true })
    return skip('only root can make a small disk to fill')
  }
  const machine = new Machine({ folder: join(folder, 'data') })
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder])
    rmSync(folder, { recursive: true })
  })
  const life = await machine.boot()
  await machine.append(life.log, trafficOfHour(1, 100))
  await life.settled()
  expect((await life.nextPage()).get(CONSUMED)).toBe(100)
  await machine.append(life.log, trafficOfHour(2, 100))
  await life.settled()

  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(bavail * bsize))
  for (let scrapes = 0; scrapes < 3; scrapes++) expect((await life.nextPage()).get(CONSUMED)).toBe(100)
  expect(machine.linesSaying('the last committed numbers are shown')[0]).toMatchObject({
    err: { message: expect.stringContaining('free some space') },
  })

  rmSync(join(folder, 'ballast'))
  expect((await life.nextPage()).get(CONSUMED)).toBe(200)
  await life.crash()
  const second = await machine.boot()
  await second.settled()
  expect(shownCounters(await second.nextPage())).toStrictEqual(machine.expected())
  await second.stop()
})

test('scrapes that come together share one capture and its one commit', async () => {
  const machine = new Machine()
  let commits = 0
  const life = await machine.boot({
    faults: (log) => ({
      commit(...call) {
        commits++
        return log.commit(...call)
      },
    }),
  })
  await life.settled()
  commits = 0
  machine.nowMs += 1_000
  const pages = await Promise.all(Array.from({ length: 50 }, () => life.page()))
  expect(commits).toBe(1)
  expect(pages.every((page) => page.get(CONSUMED) === 0)).toBe(true)
  await life.page()
  expect(commits).toBe(1)
})

test('a commit that hangs holds no scrape longer than half of its timeout, and never more than a second', async () => {
  const machine = new Machine()
  const { opened, open } = aGate()
  let hangs = false
  const life = await machine.boot({
    faults: (log) => ({
      async commit(...call) {
        if (hangs) await opened
        return log.commit(...call)
      },
    }),
  })
  await machine.append(life.log, trafficOfHour(1, 100))
  await life.settled()
  await life.nextPage()
  hangs = true
  await machine.append(life.log, trafficOfHour(2, 100))
  await life.settled()
  machine.nowMs += 1_000

  const answeredMs = async (headers: Record<string, string>): Promise<number> => {
    const askedAt = performance.now()
    expect((await life.page(headers)).get(CONSUMED)).toBe(100)
    return performance.now() - askedAt
  }
  const hasty = await answeredMs({ 'X-Prometheus-Scrape-Timeout-Seconds': '0.2' })
  expect(hasty).toBeGreaterThan(95)
  expect(hasty).toBeLessThan(900)
  expect(await answeredMs({ 'X-Prometheus-Scrape-Timeout-Seconds': '60' })).toBeGreaterThan(990)
  expect(await answeredMs({ 'X-Prometheus-Scrape-Timeout-Seconds': 'soon' })).toBeGreaterThan(990)

  open()
  await until(async () => ((await life.page()).get(CONSUMED) === 200 ? true : undefined), 'the late commit to count')
})

test('a clock that is set back stops neither captures nor snapshots', async () => {
  const machine = new Machine()
  const life = await machine.boot({ snapshotIntervalMs: 60_000 })
  await machine.append(life.log, trafficOfHour(1, 100))
  await life.settled()
  await life.nextPage()

  machine.nowMs -= 3_600_000
  machine.uptimeMs += 1_000
  await machine.append(life.log, trafficOfHour(2, 100))
  await life.settled()
  expect((await life.page()).get(CONSUMED)).toBe(200)
  await machine.append(life.log, [aClickEvent({ at: '15:00:00' })])
  await until(
    async () => (sumOf(await life.page(), 'snapshot_duration_seconds_count') > 1 ? true : undefined),
    'a snapshot',
  )
})

test('a graceful stop takes its snapshot at the very position, so that the next start replays nothing', async () => {
  const machine = new Machine({ partitions: 3 })
  const first = await machine.boot()
  await machine.append(first.log, trafficOfHour(1))
  await first.settled()
  await first.stop()

  const second = await machine.boot()
  await second.settled()
  const restored = machine.linesSaying('partition restored').slice(-3)
  expect(restored.map(({ replayed }) => replayed)).toStrictEqual([0, 0, 0])
  const page = await second.nextPage()
  for (let partition = 0; partition < 3; partition++) {
    expect(shownCounters(page, partition)).toStrictEqual(machine.expected({}, partition))
  }
})

test('a snapshot that could not be stored is tried again though nothing new arrives', async () => {
  const machine = new Machine()
  let refusals = 0
  const life = await machine.boot({
    snapshotIntervalMs: 60_000,
    faults: (log) => ({
      writeSnapshot(...call) {
        if (machine.logged[0]!.length === 0 || refusals++ > 0) return log.writeSnapshot(...call)
        throw new Error('no disk')
      },
    }),
  })
  await life.settled()
  await machine.append(life.log, trafficOfHour(1, 100))
  await life.settled()
  machine.nowMs += 60_000
  await until(async () => machine.linesSaying('taking a snapshot failed')[0], 'the snapshot to fail')
  machine.nowMs += 60_000
  await until(
    async () => (sumOf(await life.page(), 'snapshot_duration_seconds_count') === 2 ? true : undefined),
    'another',
  )
  await life.crash()
  expect(machine.position().note.at).toBe(100)
})

test('older snapshots are deleted once a position names the newer one', async () => {
  const machine = new Machine()
  const life = await machine.boot({ snapshotIntervalMs: 1_000 })
  for (let seed = 1; seed <= 3; seed++) {
    const before = sumOf(await life.page(), 'snapshot_duration_seconds_count')
    await machine.append(life.log, trafficOfHour(seed, 50))
    await life.settled()
    machine.nowMs += 1_000
    await until(async () => {
      return sumOf(await life.page(), 'snapshot_duration_seconds_count') > before ? true : undefined
    }, 'a snapshot')
  }
  await life.crash()
  const pointers = machine.edit((database) => database.prepare('SELECT DISTINCT pointer FROM snapshots').all())
  expect(pointers).toEqual([{ pointer: machine.position().note.snapshot }])
})

const CHANGES = [
  { name: 'session gap', rules: { gapMs: 60_000 } },
  { name: 'shorter lateness', rules: { allowedLatenessMs: 1_000 } },
  { name: 'longer lateness', rules: { allowedLatenessMs: 3_600_000 } },
  { name: 'funnels', rules: { funnels: [{ name: 'look', steps: [{ name: 'view', event: 'page_view' as const }] }] } },
]
const ENDS = [
  { name: 'a graceful stop', end: 'stop' as const },
  { name: 'a crash beyond the last snapshot', end: 'crash' as const },
]
const WATERMARK = series('watermark_timestamp_seconds')

test.each(
  CHANGES.flatMap((change) => ENDS.map((end) => ({ change, end }))),
)('$change.name changed after $end.name: counters go on from the committed position under the new rule', async ({
  change,
  end,
}) => {
  const machine = new Machine()
  const first = await machine.boot()
  await machine.append(first.log, trafficOfHour(1))
  await first.settled()
  const before = await first.nextPage()
  await first[end.end]()

  const second = await machine.boot({ rules: change.rules })
  await second.settled()
  const after = await second.nextPage()
  const kept = (page: ReadonlyMap<string, number>) =>
    Object.fromEntries(Object.entries(shownCounters(page)).filter(([key]) => !key.includes('funnel_sessions_total')))
  expect(kept(after)).toStrictEqual(kept(before))
  expect(after.get(WATERMARK)!).toBeGreaterThanOrEqual(before.get(WATERMARK)!)
  expect(sumOf(after, 'lineage_resets_total')).toBe(0)

  for (const event of LATER_VISIT) {
    machine.nowMs += 86_400_000
    await machine.append(second.log, [event])
  }
  await second.settled()
  const last = await second.nextPage()
  expect(last.get(CONSUMED)).toBe(303)
  expect(last.get(WATERMARK)!).toBe(at('42:00:00') / 1000 - (change.rules.allowedLatenessMs ?? 600_000) / 1000)
  expect(sessionsIn(last) - sessionsIn(after)).toBe(change.rules.gapMs === undefined ? 2 : 3)
  if (change.rules.funnels !== undefined) {
    expect(last.get(series('funnel_sessions_total', { funnel: 'look', step: 'view' }))).toBeGreaterThan(0)
  }

  await second.crash()
  const third = await machine.boot({ rules: change.rules })
  await third.settled()
  expect(shownCounters(await third.nextPage())).toStrictEqual(shownCounters(last))
})

/** Two sessions under the usual gap, three when it is shorter than ten minutes. */
const LATER_VISIT = [
  aClickEvent({ at: '40:00:00', user: 'newcomer', id: 'n1' }),
  aClickEvent({ at: '40:10:00', user: 'newcomer', id: 'n2' }),
  aClickEvent({ at: '42:00:00', user: 'newcomer', id: 'n3' }),
]

const sessionsIn = (page: ReadonlyMap<string, number>): number =>
  page.get(series('sessions_closed_total'))! + page.get(series('sessions_open'))!
