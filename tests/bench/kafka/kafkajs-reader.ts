import { parseArgs } from 'node:util'
import kafkajs from 'kafkajs'
import { Registry } from 'prom-client'
import { registerKafkajsCodecs } from '../../../consumer/log/kafka/codecs.ts'
import { countWithPromClient, JUST_PARSE, type Work } from './alternatives.ts'

/**
 * A program that reads a topic with kafkajs, as its documentation shows, with the fetch settings of our consumer.
 * Prints a line when it has read so many events, and stays a member of its group until it is ended.
 */

const { values: flags } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: '' },
    group: { type: 'string', default: '' },
    events: { type: 'string', default: '0' },
    work: { type: 'string', default: 'parse' },
    handler: { type: 'string', default: 'batch' },
  },
})
const events = Number(flags.events)
const work: Work = flags.work === 'count' ? countWithPromClient(new Registry()) : JUST_PARSE

registerKafkajsCodecs()
const kafka = new kafkajs.Kafka({ brokers: flags.brokers.split(','), logLevel: kafkajs.logLevel.NOTHING })
const consumer = kafka.consumer({
  groupId: flags.group,
  maxBytesPerPartition: 1024 * 1024,
  maxBytes: 32 * 1024 * 1024,
  minBytes: 64 * 1024,
  maxWaitTimeInMs: 250,
})

let read = 0
const sayIfRead = (): void => {
  if (read === events) process.stdout.write('read\n')
}

consumer.on(consumer.events.CRASH, ({ payload }) => {
  process.stderr.write(`${payload.error.stack}\n`)
  process.exit(1)
})
if (events === 0) consumer.on(consumer.events.GROUP_JOIN, sayIfRead)
await consumer.connect()
await consumer.subscribe({ topic: flags.topic, fromBeginning: true })
await consumer.run({
  autoCommitInterval: 5_000,
  ...(flags.handler === 'message'
    ? {
        async eachMessage({ message }) {
          work(message.value!)
          read++
          sayIfRead()
        },
      }
    : {
        async eachBatch({ batch }) {
          for (const { value } of batch.messages) work(value!)
          read += batch.messages.length
          sayIfRead()
        },
      }),
})
