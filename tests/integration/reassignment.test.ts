import { expect, test } from 'vitest'
import type { Assignment, PartitionedLog } from '../../consumer/contract/log-port.ts'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { until } from '../running-start.ts'
import { Machine, series, sumOf } from './machine.ts'

const CONSUMED = series('records_consumed_total')

const traffic = (seed: number, count: number) =>
  disorderedTraffic({ seed, count, fromMs: at('09:00:00'), stepMs: 100, allowedLatenessMs: 600_000, gapMs: 1_800_000 })

/** The embedded log, which assigns once only, with more assignments when the test says so. */
class Reassigning {
  readonly commits: Assignment[] = []
  #assign: ((partitions: readonly number[]) => void) | undefined
  #losing: AbortController | undefined
  #asked: Promise<void> | undefined

  readonly faults = (log: PartitionedLog): Partial<PartitionedLog> => ({
    join: async (onAssigned, onRefused) => {
      await log.join((real) => {
        this.#assign = (partitions) => {
          this.#losing?.abort()
          this.#losing = new AbortController()
          real.lost.addEventListener('abort', () => this.#losing?.abort())
          onAssigned({ partitions, lost: this.#losing.signal })
        }
      }, onRefused)
      this.again()
    },
    positions: async (assignment) => {
      await this.#asked
      return log.positions(assignment)
    },
    commit: async (assignment, positions) => {
      if (assignment.lost.aborted) throw new Error('the assignment is lost')
      this.commits.push(assignment)
      await log.commit({ partitions: assignment.partitions, lost: new AbortController().signal }, positions)
    },
  })

  /** Another assignment, of the one partition unless others are named. */
  again(partitions: readonly number[] = [0]): void {
    this.#assign!(partitions)
  }

  /** From now on nobody is told the committed positions, until the returned function is called. */
  holdPositions(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#asked = promise
    return resolve
  }
}

/** A process that has counted 500 records and shown it. */
async function showing500() {
  const machine = new Machine()
  const log = new Reassigning()
  const life = await machine.boot({ faults: log.faults })
  await machine.append(life.log, traffic(1, 500))
  await life.settled()
  expect((await life.nextPage()).get(CONSUMED)).toBe(500)
  return { machine, log, life }
}

test('a partition that is assigned again goes on with its state, without a restore', async () => {
  const { machine, log, life } = await showing500()

  log.again()
  await until(async () => (machine.linesSaying('partition kept').length === 1 ? true : undefined), 'it to be kept')
  await machine.append(life.log, traffic(2, 300))
  await life.settled()
  expect((await life.nextPage()).get(CONSUMED)).toBe(800)
  expect(machine.linesSaying('partition restored')).toHaveLength(1)
})

test('a stop before the position is known saves nothing: somebody else may be further by now', async () => {
  const { log, life } = await showing500()

  const tell = log.holdPositions()
  log.again()
  const commits = log.commits.length
  const stopped = life.stop()
  tell()
  await stopped
  expect(log.commits).toHaveLength(commits)
})

test('a partition that was another process’s in between is not shown before it is restored', async () => {
  const { log, life } = await showing500()

  const tell = log.holdPositions()
  log.again([])
  // Here another process may have shown more.
  log.again()
  expect((await life.nextPage()).get(CONSUMED)).toBe(undefined)
  tell()
  await life.settled()
  expect((await life.nextPage()).get(CONSUMED)).toBe(500)
})

test('a partition that stays is shown while its position is asked for', async () => {
  const { log, life } = await showing500()

  const tell = log.holdPositions()
  log.again()
  log.again()
  expect((await life.nextPage()).get(CONSUMED)).toBe(500)
  tell()
})

test('a log that is created anew between two looks at it is counted from its beginning once', async () => {
  const machine = new Machine()
  const first = await machine.boot()
  await machine.append(first.log, traffic(1, 500))
  await first.settled()
  await first.crash()

  const reassigning = new Reassigning()
  let looks = 0
  const life = await machine.boot({
    faults: (log) => ({
      ...reassigning.faults(log),
      bounds: async (partition) => {
        const bounds = await log.bounds(partition)
        return looks++ === 0 ? bounds : { ...bounds, identity: 'another' }
      },
      read: async (...call) => ({ ...(await log.read(...call)), identity: 'another' }),
    }),
  })
  await life.settled()
  await life.nextPage()
  reassigning.again([])
  reassigning.again()
  await life.settled()
  const page = await life.nextPage()
  expect([page.get(CONSUMED), sumOf(page, 'lineage_resets_total')]).toStrictEqual([500, 1])
})
