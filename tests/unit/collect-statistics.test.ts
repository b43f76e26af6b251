import { describe, expect, onTestFinished, test } from 'vitest'
import { EVENT_TYPES, type EventType } from '../../consumer/contract/click-event.ts'
import type { LogRecord, RecordBatch } from '../../consumer/contract/log-port.ts'
import type { LogView } from '../../consumer/contract/log-view.ts'
import { FollowedPartition } from '../../producer/collect/followed-partition.ts'
import { LogStatistics } from '../../producer/collect/statistics.ts'
import { aClickEvent, asUserEventsJson, at, type ClickEventWords } from '../builders.ts'
import { aCollectedLog, aLogger } from '../collected-log.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'
import { until } from '../running-start.ts'

const anEvent = (words: Partial<ClickEventWords> = {}): string =>
  Buffer.from(asUserEventsJson(aClickEvent({ at: '09:00:00', ...words }))).toString()

const named = (id: string): string => anEvent({ id })
const idsIn = (texts: readonly string[]): string[] => texts.map((text) => JSON.parse(text).event_id)

function someStatistics(view: LogView, patienceMs = 60_000) {
  const { logger, lines } = aLogger()
  const statistics = new LogStatistics({
    view,
    options: coreOptions(aReferenceRun()),
    logger,
    steadyNow: () => performance.now(),
    patienceMs,
  })
  onTestFinished(() => statistics.stop())
  return { statistics, lines }
}

/** The log with another way of reading. */
const readingBy = (view: LogView, read: LogView['read']): LogView => ({
  partitions: () => view.partitions(),
  bounds: (partition) => view.bounds(partition),
  read,
})

const nothing = Object.fromEntries(EVENT_TYPES.map((type) => [type, 0])) as Record<EventType, number>

describe('the statistics of a log', () => {
  test('name every type of an empty log, with nothing of it', async () => {
    const { statistics } = someStatistics(aCollectedLog({ partitions: 3 }).log)
    expect(await statistics.answer()).toEqual({
      totalEvents: 0,
      eventsByType: nothing,
      recordsRejected: 0,
      caughtUp: true,
      recentEvents: [],
    })
  })

  test('count valid events by type over all partitions, duplicates too, and what is no event apart', async () => {
    const { log, write } = aCollectedLog({ partitions: 2 })
    await write([anEvent({ id: 'a' }), anEvent({ id: 'a' }), anEvent({ type: 'purchase' }), '{"broken'])
    await write([anEvent({ type: 'search' }), '', '[]'], 1)
    const { statistics } = someStatistics(log)
    expect(await statistics.answer()).toMatchObject({
      totalEvents: 4,
      eventsByType: { ...nothing, page_view: 2, purchase: 1, search: 1 },
      recordsRejected: 3,
      caughtUp: true,
    })
  })

  test('hold at each question what was in the log by then', async () => {
    const { log, write } = aCollectedLog()
    const { statistics } = someStatistics(log)
    for (const count of [1, 2, 3]) {
      await write([anEvent()])
      expect(await statistics.answer()).toMatchObject({ totalEvents: count, caughtUp: true })
    }
  })

  test('are the same when another process counts', async () => {
    const { log, write } = aCollectedLog({ partitions: 2 })
    await write([named('1'), named('2')])
    await write([named('3'), 'no event'], 1)
    const first = await someStatistics(log).statistics.answer()
    expect(await someStatistics(log).statistics.answer()).toEqual(first)
  })

  test('show the last twenty events as they are in the log, the newest first', async () => {
    const { log, write } = aCollectedLog()
    const exact = named('last').replace('{', '{"n":12345678901234567890.10, ')
    await write(Array.from({ length: 30 }, (_, index) => named(`e${index}`)))
    await write(['no event', exact])
    const { recentEvents } = await someStatistics(log).statistics.answer()
    expect(recentEvents[0]).toBe(exact)
    expect(idsIn(recentEvents)).toEqual(['last', ...Array.from({ length: 19 }, (_, index) => `e${29 - index}`)])
  })

  test('order the events of several partitions by log time', async () => {
    const { log, write, at: setClock } = aCollectedLog({ partitions: 3 })
    for (const [time, partition, id] of [
      ['09:00:00', 2, 'first'],
      ['09:00:01', 0, 'second'],
      ['09:00:02', 1, 'third'],
      ['09:00:03', 0, 'fourth'],
    ] as const) {
      setClock(at(time))
      await write([named(id)], partition)
    }
    const { recentEvents } = await someStatistics(log).statistics.answer()
    expect(idsIn(recentEvents)).toEqual(['fourth', 'third', 'second', 'first'])
  })

  test('count an event of more than 8 KiB, and do not show it', async () => {
    const { log, write } = aCollectedLog()
    const grown = (id: string, bytes: number): string => {
      const event = named(id)
      return event.replace('{', `{"note":"${'x'.repeat(bytes - event.length - '"note":"",'.length)}",`)
    }
    await write([named('small'), grown('limit', 8_192), grown('beyond', 8_193)])
    const { totalEvents, recentEvents } = await someStatistics(log).statistics.answer()
    expect([totalEvents, idsIn(recentEvents)]).toEqual([3, ['limit', 'small']])
  })

  test('say so when they could not be caught up in time, and are caught up later', async () => {
    const { log, write } = aCollectedLog()
    await write([anEvent()])
    const gate = Promise.withResolvers<void>()
    const view = readingBy(log, async (...asked) => {
      await gate.promise
      return log.read(...asked)
    })
    const { statistics } = someStatistics(view, 20)
    expect(await statistics.answer()).toMatchObject({ totalEvents: 0, caughtUp: false })
    gate.resolve()
    await until(async () => ((await statistics.answer()).caughtUp ? true : undefined), 'all to be counted')
    expect(await statistics.answer()).toMatchObject({ totalEvents: 1, caughtUp: true })
  })

  test('are answered, though not caught up, while the log cannot be asked', async () => {
    const { log } = aCollectedLog()
    const view = { ...readingBy(log, log.read.bind(log)), partitions: () => Promise.reject(new Error('no broker')) }
    const { statistics, lines } = someStatistics(view)
    expect(await statistics.answer()).toMatchObject({ totalEvents: 0, caughtUp: false })
    expect(lines).toEqual(['reading the log back failed; the statistics stand'])
  })

  test('go on after a read that failed, and count nothing twice', async () => {
    const { log, write } = aCollectedLog()
    await write([anEvent(), anEvent()])
    let reads = 0
    const view = readingBy(log, async (...asked) => {
      reads += 1
      if (reads === 2) throw new Error('the connection is gone')
      return log.read(...asked)
    })
    const { statistics, lines } = someStatistics(view)
    await statistics.answer()
    await until(async () => (lines.length > 0 ? true : undefined), 'the fault to be logged')
    await write([anEvent()])
    expect(await statistics.answer()).toMatchObject({ totalEvents: 3, caughtUp: true })
  })

  test('notice a partition that is added', async () => {
    const { log, write } = aCollectedLog({ partitions: 2 })
    await write([anEvent()])
    await write([anEvent()], 1)
    let partitions = 1
    const view = { ...readingBy(log, log.read.bind(log)), partitions: async () => partitions }
    const { statistics } = someStatistics(view)
    expect(await statistics.answer()).toMatchObject({ totalEvents: 1, caughtUp: true })
    partitions = 2
    expect(await statistics.answer()).toMatchObject({ totalEvents: 2, caughtUp: true })
  })

  test.each([1, 0])('forget what is gone when the log was made again with %i of two partitions', async (left) => {
    const { log, write } = aCollectedLog({ partitions: 2 })
    await write([named('stays')])
    await write([named('goes'), 'no event'], 1)
    let partitions = 2
    const reading: AbortSignal[] = []
    const view = {
      ...readingBy(log, (partition, from, signal) => {
        reading[partition] = signal
        return log.read(partition, from, signal)
      }),
      partitions: async () => partitions,
    }
    const { statistics } = someStatistics(view)
    expect(await statistics.answer()).toMatchObject({ totalEvents: 2, recordsRejected: 1, caughtUp: true })
    partitions = left
    const answer = await statistics.answer()
    expect(answer).toMatchObject({ totalEvents: left, recordsRejected: 0, caughtUp: true })
    expect(idsIn(answer.recentEvents)).toEqual(['stays'].slice(0, left))
    expect(reading.map(({ aborted }) => aborted)).toEqual([left === 0, true])
    partitions = 2
    expect(await statistics.answer()).toMatchObject({ totalEvents: 2, recordsRejected: 1, caughtUp: true })
  })

  test('are counted by nobody any more after the end', async () => {
    const { log } = aCollectedLog()
    let reads = 0
    const { statistics } = someStatistics(
      readingBy(log, (...asked) => {
        reads += 1
        return log.read(...asked)
      }),
    )
    await statistics.answer()
    await statistics.stop()
    const readsAtEnd = reads
    await log.read(0, 0, new AbortController().signal)
    expect(reads).toBe(readsAtEnd)
  })
})

describe('a partition that is followed', () => {
  function aFollowedPartition() {
    const taken: number[] = []
    const followed = new FollowedPartition(0, {
      take: (_partition, records) => void taken.push(...records.map(({ offset }) => offset)),
      forget: () => void taken.splice(0),
    })
    return { followed, taken }
  }

  const aRecord = (offset: number): LogRecord => ({ offset, logTimeMs: 0, bytes: Buffer.from('{}'), start: 0, end: 2 })

  function aBatch(offsets: readonly number[], words: Partial<RecordBatch> = {}): RecordBatch {
    const nextOffset = (offsets.at(-1) ?? -1) + 1
    const ends = { nextOffset, startOffset: 0, endOffset: nextOffset }
    return { records: offsets.map(aRecord), ...ends, appendTime: true, identity: 'one', ...words }
  }

  test('passes over what holds no record, and what was deleted unread', () => {
    const { followed, taken } = aFollowedPartition()
    followed.take(aBatch([0, 1], { nextOffset: 4 }))
    expect(followed.next).toBe(4)
    followed.take(aBatch([], { nextOffset: 4, startOffset: 7, endOffset: 9 }))
    expect([taken, followed.next]).toEqual([[0, 1], 7])
  })

  test.each([
    ['has another identity', 'one', 'other'],
    ['ends before what was read, where logs have no identity', '', ''],
  ])('begins anew with a log that %s', (_what, identity, other) => {
    const { followed, taken } = aFollowedPartition()
    followed.take(aBatch([0, 1, 2], { identity }))
    followed.take(aBatch([0], { identity: other }))
    expect([taken, followed.next]).toEqual([[], 0])
    followed.take(aBatch([0], { identity: other }))
    expect([taken, followed.next]).toEqual([[0], 1])
  })

  test.each([
    ['that was under way', aBatch([])],
    ['that brought something', aBatch([0, 1])],
  ])('has reached the end when nothing comes after a read %s: what follows is not committed', async (_what, batch) => {
    const { followed } = aFollowedPartition()
    const bounds = { startOffset: 0, endOffset: 5, identity: 'one' }
    let hasReached = false
    const reached = followed.reach(bounds, new AbortController().signal).then(() => {
      hasReached = true
    })
    followed.take({ ...batch, endOffset: 5 })
    await new Promise(setImmediate)
    expect(hasReached).toBe(false)
    followed.take(aBatch([], { nextOffset: followed.next, endOffset: 5 }))
    await reached
  })

  test('waits for the end no longer than it is asked to', async () => {
    const { followed } = aFollowedPartition()
    const waiting = new AbortController()
    const reached = followed.reach({ startOffset: 0, endOffset: 5, identity: 'one' }, waiting.signal)
    waiting.abort()
    await expect(reached).rejects.toThrow('abort')
  })
})
