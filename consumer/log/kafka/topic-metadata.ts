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
        /** Changes when the topic is deleted and created anew. 16 bytes. */
        readonly id: Buffer
        /** By partition number. */
        readonly partitions: ReadonlyMap<number, TopicPartition>
      }
    | undefined
}

const API_KEY = 3
/** The first version with topic ids that one may ask for by name (KIP-516). */
const API_VERSION = 12
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
  if ((broker.versions?.[API_KEY]?.maxVersion ?? 0) < API_VERSION) {
    throw new Error('the brokers are older than Apache Kafka 3.1: topics have no identity there')
  }
  const body = new WireWriter().noTags().varint(2).uuid(new Uint8Array(16)).compactString(topic).noTags()
  // Neither create the topic nor list what may be done with it.
  body.int8(0).int8(0).noTags()
  const request: RawRequest<{ code: number; metadata: TopicMetadata }> = {
    apiKey: API_KEY,
    apiName: 'Metadata',
    apiVersion: API_VERSION,
    body: body.bytes,
    decode: (payload) => decodeMetadata(new WireReader(payload)),
  }
  const { code, metadata } = await sendRaw(broker, request)
  if (code !== 0 && code !== UNKNOWN_TOPIC) throw new KafkaRefusal(`asking for topic ${topic}`, code)
  return metadata
}

function decodeMetadata(reader: WireReader): { code: number; metadata: TopicMetadata } {
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
  const [answer] = reader.compactArray(() => {
    const code = reader.int16()
    reader.compactString()
    const id = Buffer.from(reader.uuid())
    reader.int8()
    const partitions = new Map(reader.compactArray(() => decodePartition(reader)))
    reader.int32()
    reader.tags()
    return { code, id, partitions }
  })
  const topic = answer?.code === 0 ? { id: answer.id, partitions: answer.partitions } : undefined
  return { code: answer?.code ?? UNKNOWN_TOPIC, metadata: { nodes, topic } }
}

function decodePartition(reader: WireReader): [number, TopicPartition] {
  reader.int16()
  const partition = reader.int32()
  const leader = reader.int32()
  reader.int32()
  for (let replicas = 0; replicas < 3; replicas++) reader.compactArray(() => reader.int32())
  reader.tags()
  return [partition, { leader }]
}
