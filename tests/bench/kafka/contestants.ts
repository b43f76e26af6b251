import { fileURLToPath } from 'node:url'
import { uniqueName } from '../../kafka/kafka-client.ts'
import { type Child, startChild } from './child.ts'
import { cpuSecondsOf } from './cpu-time.ts'
import { countedBy, startConsumer, untilRead } from './scraped-consumer.ts'

const READER = fileURLToPath(new URL('kafkajs-reader.ts', import.meta.url))

/** A topic and how much it holds. */
export interface Reading {
  readonly bootstrap: string
  readonly topic: string
  readonly events: number
}

/** From the start of the processes until all is read. CPU time is that of all of them. */
export interface Cost {
  readonly cpuSeconds: number
  readonly wallSeconds: number
}

export interface Contestant {
  readonly name: string
  readonly what: string
  readonly processes: number
  /** How often its processes together read the whole topic. */
  readonly timesRead: number
  /** Reads the topic from its beginning to its end, in groups of its own. @throws when not all of it was read */
  readonly read: (reading: Reading) => Promise<Cost>
}

export const OURS = consumers('this consumer', 'validates, dedupes, keeps sessions, snapshots, is scraped', [1])
export const OURS_TWICE = consumers('two in one group', 'two of this consumer, with half of the partitions each', [2])
export const OURS_APART = consumers(
  'two in two groups',
  'two of this consumer at the same time, each reads all',
  [1, 1],
)
export const FLOOR = reader('kafkajs, parse', 'eachBatch and JSON.parse: no counting at all', 'parse', 'batch')
export const EACH_BATCH = reader('kafkajs, eachBatch', 'counts with prom-client, sessions in a Map', 'count', 'batch')
export const EACH_MESSAGE = reader('kafkajs, eachMessage', 'the same, message by message', 'count', 'message')

export const CONTESTANTS: readonly Contestant[] = [OURS, OURS_TWICE, OURS_APART, FLOOR, EACH_BATCH, EACH_MESSAGE]

/** @param groups of how many processes each */
function consumers(name: string, what: string, groups: readonly number[]): Contestant {
  return {
    name,
    what,
    processes: groups.reduce((sum, size) => sum + size, 0),
    timesRead: groups.length,
    async read({ bootstrap, topic, events }) {
      const startMs = performance.now()
      const started = await Promise.all(
        groups.map((size) => {
          const flags = ['--brokers', bootstrap, '--topic', topic, '--group', uniqueName('bench')]
          return Promise.all(Array.from({ length: size }, () => startConsumer(flags)))
        }),
      )
      const children = started.flat().map(({ child }) => child)
      try {
        await Promise.all(started.map((members) => untilRead(members, events)))
        const cost = costOf(children, startMs)
        await Promise.all(started.map((members) => countedBy(members, events)))
        return cost
      } finally {
        await Promise.all(children.map((child) => child.kill()))
      }
    },
  }
}

function reader(name: string, what: string, work: string, handler: string): Contestant {
  return {
    name,
    what,
    processes: 1,
    timesRead: 1,
    async read({ bootstrap, topic, events }) {
      const group = ['--brokers', bootstrap, '--topic', topic, '--group', uniqueName('bench')]
      const startMs = performance.now()
      const child = startChild(READER, [...group, '--events', String(events), '--work', work, '--handler', handler])
      try {
        await child.line(/^read$/)
        return costOf([child], startMs)
      } finally {
        await child.kill()
      }
    },
  }
}

function costOf(children: readonly Child[], startMs: number): Cost {
  const wallSeconds = (performance.now() - startMs) / 1000
  return { cpuSeconds: children.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0), wallSeconds }
}
