import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConsumerProcess } from '../torture/consumer-process.ts'
import { CONSUMER_FLAGS, PRODUCER_FLAGS, SCENARIO_FLAGS } from './conditions.ts'
import { OwnProcess } from './own-process.ts'

const PRODUCER = fileURLToPath(new URL('../../producer/main.ts', import.meta.url))

export interface TopicWords {
  readonly bootstrap: string
  readonly folder: string
  /** Of the topic: a scenario, or the control. */
  readonly name: string
}

/** Follows the topic as a group of its own. */
export const startConsumer = ({ bootstrap, folder, name }: TopicWords): ConsumerProcess =>
  new ConsumerProcess(`consumer of ${name}`, [
    ...CONSUMER_FLAGS,
    `--brokers=${bootstrap}`,
    `--topic=${name}`,
    `--group=watching-${name}`,
    `--log-file=${join(folder, `${name}-consumer.log`)}`,
  ])

export interface ProducerWords extends TopicWords {
  readonly scenario: string | undefined
  readonly seed: number
  readonly model: string
}

/** Writes to the topic; resolves with when it began, epoch milliseconds. All of one seed write the same, but for the scenario. */
export async function startProducer(words: ProducerWords): Promise<{ process: OwnProcess; startedMs: number }> {
  const { bootstrap, folder, name, scenario, seed, model } = words
  const flags = [
    PRODUCER,
    ...PRODUCER_FLAGS,
    `--brokers=${bootstrap}`,
    `--topic=${name}`,
    `--seed=${seed}`,
    `--model=${model}`,
    ...(scenario === undefined ? [] : [...SCENARIO_FLAGS, `--scenario=${scenario}`]),
  ]
  const producer = new OwnProcess(`producer of ${name}`, process.execPath, flags, join(folder, `${name}-producer.log`))
  await producer.until(async () => producer.said.includes('producing '), 'to produce')
  return { process: producer, startedMs: Date.now() }
}
