import { expect, test } from 'vitest'
import type { Assignment, PartitionedLog } from '../../consumer/contract/log-port.ts'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { until } from '../running-start.ts'
import { Machine, series } from './machine.ts'

const CONSUMED = series('records_consumed_total')

const traffic = (seed: number, count: number) =>
  disorderedTraffic({ seed, count, fromMs: at('09:00:00'), stepMs: 100, allowedLatenessMs: 600_000, gapMs: 1_800_000 })

/** The embedded log, which assigns once only, with more assignments when the test says so. */
class Reassigning {
  readonly commits: Assignment[] = []
  #assign: ((assignment: Assignment) => void) | undefined
  #losing: AbortController | undefined
  #asked: Promise<void> | undefined

  readonly faults = (log: PartitionedLog): Partial<PartitionedLog> => ({
    join: async (onAssigned, onRefused) => {
      await log.join((real) => {
        const { partitions } = real
        this.#assign = () => {
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

  /** Another assignment of the same partitions. */
  again(): void {
    this.#assign!({} as Assignment)
  }

  /** From now on nobody is told the committed positions, until the returned function is called. */
  holdPositions(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#asked = promise
    return resolve
  }
}

test('a partition that is assigned again goes on with its state, without a restore', async () => {
  const machine = new Machine()
  const log = new Reassigning()
  const life = await machine.boot({ faults: log.faults })
  await machine.append(life.log, traffic(1, 500))
  await life.settled()
  await life.nextPage()

  log.again()
  await until(async () => (machine.linesSaying('partition kept').length === 1 ? true : undefined), 'it to be kept')
  await machine.append(life.log, traffic(2, 300))
  await life.settled()
  expect((await life.nextPage()).get(CONSUMED)).toBe(800)
  expect(machine.linesSaying('partition restored')).toHaveLength(1)
})

test('a stop before the position is known saves nothing: somebody else may be further by now', async () => {
  const machine = new Machine()
  const log = new Reassigning()
  const life = await machine.boot({ faults: log.faults })
  await machine.append(life.log, traffic(1, 500))
  await life.settled()
  await life.nextPage()

  const tell = log.holdPositions()
  log.again()
  const commits = log.commits.length
  const stopped = life.stop()
  tell()
  await stopped
  expect(log.commits).toHaveLength(commits)
})
