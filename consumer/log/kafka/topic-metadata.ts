import { type Broker, type RawRequest, sendRaw } from './kafkajs-internals.ts'
import { WireReader, WireWriter } from './wire.ts'

export interface TopicPartition {
  /** Node id of the leader; -1 while there is none. */
  readonly leader: number
}

export interface TopicMetadata {
  readonly nodes: readonly { nodeId: number; host: string; port: number }[]
  /** The topic; undefined when it does not exist. */
  readonly topic:
    | {
        /** Changes when the topic is deleted and created anew. 16 bytes; undefined where brokers know no such thing. */
        readonly id: Buffer | undefined
        /** By partition number. */
        readonly partitions: ReadonlyMap<number, TopicPartition>
      }
    | undefined
}

const API_KEY = 3
/** The first version with topic ids that one may ask for by name (KIP-516): Apache Kafka 3.1. */
const VERSION_WITH_IDS = 12
/** What all brokers since Apache Kafka 1.0, and those that only speak its protocol, understand. */
const VERSION_FOR_ALL = 5
const UNKNOWN_TOPIC = 3

/** A broker's own word for why it refused. */
export class KafkaRefusal extends Error {
  readonly code: number
  constructor(doing: string, code: number) {
    super(`${doing}: ${ERROR_NAMES[code] ?? `error code ${code}`}`)
    this.name = 'KafkaRefusal'
    this.code = code
  }
}

/** Those that may be met here; numbers of the protocol. */
const ERROR_NAMES: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  9: 'REPLICA_NOT_AVAILABLE',
  17: 'INVALID_TOPIC_EXCEPTION',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
  100: 'UNKNOWN_TOPIC_ID',
  103: 'INCONSISTENT_TOPIC_ID',
}

/** The nodes of the cluster and where the topic's partitions are. @throws {KafkaRefusal} */
export async function fetchTopicMetadata(broker: Broker, topic: string): Promise<TopicMetadata> {
  const newest = broker.versions?.[API_KEY]?.maxVersion ?? 0
  const { code, metadata } = await sendRaw(broker, newest < VERSION_WITH_IDS ? withoutIds(topic) : withIds(topic))
  if (code !== 0 && code !== UNKNOWN_TOPIC) throw new KafkaRefusal(`asking for topic ${topic}`, code)
  return metadata
}

interface Answer {
  readonly code: number
  readonly metadata: TopicMetadata
}

/** Neither creates the topic nor lists what may be done with it. */
function withIds(topic: string): RawRequest<Answer> {
  const body = new WireWriter().noTags().varint(2).uuid(new Uint8Array(16)).compactString(topic).noTags()
  body.int8(0).int8(0).noTags()
  return {
    apiKey: API_KEY,
    apiName: 'Metadata',
    apiVersion: VERSION_WITH_IDS,
    body: body.bytes,
    decode: (payload) => decodeWithIds(new WireReader(payload)),
  }
}

function withoutIds(topic: string): RawRequest<Answer> {
  return {
    apiKey: API_KEY,
    apiName: 'Metadata',
    apiVersion: VERSION_FOR_ALL,
    body: new WireWriter().int32(1).string(topic).int8(0).bytes,
    decode: (payload) => decodeWithoutIds(new WireReader(payload)),
  }
}

function decodeWithIds(reader: WireReader): Answer {
  reader.tags()
  reader.int32()
  const nodes = reader.compactArray(() => {
    const node = { nodeId: reader.int32(), host: reader.compactString()!, port: reader.int32() }
    reader.compactString()
    reader.tags()
    return node
  })
  reader.compactString()
  reader.int32()
  const [topic] = reader.compactArray(() => {
    const code = reader.int16()
    reader.compactString()
    const id = Buffer.from(reader.uuid())
    reader.int8()
    const partitions = reader.compactArray((): [number, TopicPartition] => {
      reader.int16()
      const partition = reader.int32()
      const leader = reader.int32()
      reader.int32()
      for (let replicas = 0; replicas < 3; replicas++) reader.compactArray(() => reader.int32())
      reader.tags()
      return [partition, { leader }]
    })
    reader.int32()
    reader.tags()
    return { code, id, partitions: new Map(partitions) }
  })
  return answerOf(nodes, topic)
}

function decodeWithoutIds(reader: WireReader): Answer {
  reader.int32()
  const nodes = reader.array(() => {
    const node = { nodeId: reader.int32(), host: reader.string()!, port: reader.int32() }
    reader.string()
    return node
  })
  reader.string()
  reader.int32()
  const [topic] = reader.array(() => {
    const code = reader.int16()
    reader.string()
    reader.int8()
    const partitions = reader.array((): [number, TopicPartition] => {
      reader.int16()
      const partition = reader.int32()
      const leader = reader.int32()
      for (let replicas = 0; replicas < 3; replicas++) reader.array(() => reader.int32())
      return [partition, { leader }]
    })
    return { code, id: undefined, partitions: new Map(partitions) }
  })
  return answerOf(nodes, topic)
}

function answerOf(
  nodes: TopicMetadata['nodes'],
  topic: (NonNullable<TopicMetadata['topic']> & { readonly code: number }) | undefined,
): Answer {
  const code = topic?.code ?? UNKNOWN_TOPIC
  return { code, metadata: { nodes, topic: code === 0 ? topic : undefined } }
}
