import { expect, test } from 'vitest'
import { CommitFailed } from '../../consumer/contract/log-port.ts'
import { aClickEvent, at } from '../builders.ts'
import { until } from '../running-start.ts'
import { type Life, Machine, series, shownCounters, sumOf } from './machine.ts'

const MINUTE = 60_000
const CLOSED = series('sessions_closed_total')
const OPEN = series('sessions_open')
const LATE = series('events_dropped_total', { reason: 'late' })

/** Two more reads that found nothing: what was due by the clock has been done. */
async function twoMoreReads(life: Life): Promise<void> {
  const before = life.emptyReads()
  await until(async () => (life.emptyReads() >= before + 2 ? true : undefined), 'two more empty reads')
}

/** Ann comes once, two years before the machine's clock; her session may close 40 minutes after. */
async function aQuietPartition(machine: Machine, words: Parameters<Machine['boot']>[0] = {}): Promise<Life> {
  const life = await machine.boot({ idleAfterMs: MINUTE, ...words })
  await machine.append(life.log, [aClickEvent({ at: '09:00:00', id: 'e1' })])
  await life.settled()
  await twoMoreReads(life)
  return life
}

test('a quiet partition closes its last session once as much time has passed as an event would have had to bring', async () => {
  const machine = new Machine()
  const life = await aQuietPartition(machine)
  machine.nowMs += 40 * MINUTE
  await twoMoreReads(life)
  expect(await life.nextPage().then((page) => [page.get(CLOSED), page.get(OPEN)])).toStrictEqual([0, 1])
  await twoMoreReads(life)
  expect(await life.nextPage().then((page) => [page.get(CLOSED), page.get(OPEN)])).toStrictEqual([1, 0])
})

test('a session counts as started when the quiet lasted as long as the lateness, and not before the quiet time', async () => {
  const machine = new Machine()
  const life = await aQuietPartition(machine, { idleAfterMs: 20 * MINUTE })
  machine.nowMs += 19 * MINUTE
  await twoMoreReads(life)
  expect((await life.nextPage()).get(series('sessions_started_total'))).toBe(0)
  machine.nowMs += MINUTE
  await twoMoreReads(life)
  expect((await life.nextPage()).get(series('sessions_started_total'))).toBe(1)
})

test('however long the quiet, old data that goes on is not late: stream time moves as far as the last session needs', async () => {
  const machine = new Machine()
  const life = await aQuietPartition(machine)
  machine.nowMs += 1_000 * MINUTE
  await twoMoreReads(life)
  const page = await life.nextPage()
  expect(page.get(CLOSED)).toBe(1)
  expect(page.get(series('watermark_timestamp_seconds'))).toBe(at('09:30:00.001') / 1000)

  await machine.append(life.log, [
    aClickEvent({ at: '09:30:00', id: 'e2' }),
    aClickEvent({ at: '09:30:00.001', id: 'e3' }),
  ])
  await life.settled()
  const after = await life.nextPage()
  expect([after.get(LATE), after.get(series('events_total', { event: 'page_view' }))]).toStrictEqual([1, 2])
})

test('a record that comes in between begins the quiet anew', async () => {
  const machine = new Machine()
  const life = await aQuietPartition(machine)
  machine.nowMs += 30 * MINUTE
  await machine.append(life.log, [aClickEvent({ at: '09:10:00', user: 'bob' })])
  await life.settled()
  await twoMoreReads(life)
  machine.nowMs += 30 * MINUTE
  await twoMoreReads(life)
  const page = await life.nextPage()
  expect([page.get(series('sessions_started_total')), page.get(CLOSED)]).toStrictEqual([2, 0])
})

test('a clock that is set back begins the quiet anew', async () => {
  const machine = new Machine()
  const life = await aQuietPartition(machine)
  machine.nowMs -= 24 * 60 * MINUTE
  await twoMoreReads(life)
  machine.nowMs += 41 * MINUTE
  await twoMoreReads(life)
  expect((await life.nextPage()).get(CLOSED)).toBe(1)
})

test('off means that the last sessions stay open', async () => {
  const machine = new Machine()
  const life = await machine.boot()
  await machine.append(life.log, [aClickEvent({ at: '09:00:00' })])
  await life.settled()
  await twoMoreReads(life)
  machine.nowMs += 1_000 * MINUTE
  await twoMoreReads(life)
  const page = await life.nextPage()
  expect([page.get(CLOSED), page.get(OPEN)]).toStrictEqual([0, 1])
})

test('the move is committed before it is applied: as long as it cannot be committed, nothing closes', async () => {
  const machine = new Machine()
  let broken = true
  let refused = 0
  const life = await aQuietPartition(machine, {
    faults: (log) => ({
      async commit(assignment, positions) {
        const moves = [...positions.values()].some(({ metadata }) => !metadata.includes('"journal":[]'))
        if (broken && moves) {
          refused++
          throw new CommitFailed('refused', new Error('no disk'))
        }
        return log.commit(assignment, positions)
      },
    }),
  })
  machine.nowMs += 60 * MINUTE
  await until(async () => (refused > 0 ? true : undefined), 'the commit of the move to fail')
  const page = await life.nextPage()
  expect([page.get(CLOSED), page.get(OPEN)]).toStrictEqual([0, 1])

  broken = false
  await twoMoreReads(life)
  machine.nowMs += 60 * MINUTE
  await twoMoreReads(life)
  expect((await life.nextPage()).get(CLOSED)).toBe(1)
})

test('a kill after the move does not take it back, and the next life applies it at its offset', async () => {
  const machine = new Machine()
  const first = await aQuietPartition(machine)
  machine.nowMs += 60 * MINUTE
  await twoMoreReads(first)
  // Late only because of the move.
  await machine.append(first.log, [
    aClickEvent({ at: '09:20:00', id: 'e2' }),
    aClickEvent({ at: '10:00:00', id: 'e3' }),
  ])
  await first.settled()
  const before = await first.nextPage()
  expect([before.get(CLOSED), before.get(LATE)]).toStrictEqual([1, 1])
  await first.crash()
  expect(machine.position()).toStrictEqual({
    offset: 3,
    note: expect.objectContaining({ at: 0, journal: [[1, at('09:40:00.001')]] }),
  })

  const second = await machine.boot()
  await second.settled()
  const after = await second.nextPage()
  expect(shownCounters(after)).toStrictEqual(shownCounters(before))
  expect(after.get(series('watermark_timestamp_seconds'))).toBe(before.get(series('watermark_timestamp_seconds')))
})

test('a kill between the commit of a move and anything else finds the move applied', async () => {
  const machine = new Machine()
  const first = await aQuietPartition(machine)
  machine.nowMs += 60 * MINUTE
  await twoMoreReads(first)
  await first.crash()

  const second = await machine.boot()
  await second.settled()
  expect((await second.nextPage()).get(CLOSED)).toBe(1)
})

test('a snapshot takes the moves before it out of the note', async () => {
  const machine = new Machine()
  const life = await aQuietPartition(machine, { snapshotIntervalMs: 24 * 60 * MINUTE })
  machine.nowMs += 60 * MINUTE
  await twoMoreReads(life)
  await machine.append(life.log, [aClickEvent({ at: '10:00:00', id: 'e2' })])
  await life.settled()
  await twoMoreReads(life)
  machine.nowMs += 24 * 60 * MINUTE
  await until(async () => {
    return sumOf(await life.page(), 'snapshot_duration_seconds_count') > 1 ? true : undefined
  }, 'a snapshot')
  await life.stop()
  expect(machine.position().note).toMatchObject({ at: 2 })
  expect(machine.position().note.journal.every(([offset]) => offset >= 2)).toBe(true)

  const second = await machine.boot()
  await second.settled()
  expect((await second.nextPage()).get(CLOSED)).toBe(2)
})

test('a note beyond 3 KB makes a new snapshot at once, long before its time', async () => {
  const machine = new Machine()
  const first = await machine.boot()
  const crowd = Array.from({ length: 200 }, (_, user) => aClickEvent({ at: '09:00:00', user: `user-${user}` }))
  await machine.append(first.log, crowd)
  await first.settled()
  await first.nextPage()
  await first.crash()
  // 170 quiet moments, one after each record, none of which moved anything any further.
  const { note } = machine.position()
  const journal = crowd.slice(0, 170).map((_, offset) => [offset + 1, at('08:00:00') + offset])
  machine.edit((database) =>
    database.prepare('UPDATE positions SET metadata = ?').run(JSON.stringify({ ...note, journal })),
  )

  const second = await machine.boot({ idleAfterMs: MINUTE })
  await second.settled()
  await twoMoreReads(second)
  machine.nowMs += 60 * MINUTE
  await until(async () => ((await second.nextPage()).get(CLOSED) === 200 ? true : undefined), 'the sessions to close')
  const assignment = { partitions: [0], lost: new AbortController().signal }
  await until(async () => {
    const { metadata } = (await second.log.positions(assignment)).get(0)!
    return JSON.parse(metadata).at === 200 ? true : undefined
  }, 'a snapshot at the position')
  await second.crash()
  expect(machine.position()).toMatchObject({ offset: 200, note: { at: 200 } })
  expect(JSON.stringify(machine.position().note).length).toBeLessThan(200)
})

test('dead letters are stored before a move commits the position behind them', async () => {
  const machine = new Machine()
  const life = await machine.boot({ idleAfterMs: MINUTE })
  await machine.append(life.log, [aClickEvent({ at: '09:00:00' })])
  await life.log.append([{ key: 'ann', value: Buffer.from('{"broken"') }])
  await until(async () => (life.emptyReads() > 2 ? true : undefined), 'the quiet to begin')
  machine.nowMs += 60 * MINUTE
  await until(async () => {
    const assignment = { partitions: [0], lost: new AbortController().signal }
    return (await life.log.positions(assignment)).get(0)?.offset === 2 ? true : undefined
  }, 'the move to be committed')
  await life.crash()
  const log = machine.openLog()
  const letters = await log.deadLetters(10)
  await log.leave()
  expect(letters.map(({ offset, value }) => [offset, Buffer.from(value).toString()])).toStrictEqual([[1, '{"broken"']])
})
