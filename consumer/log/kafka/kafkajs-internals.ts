/**
 * The one place that reaches into kafkajs below its public interface, which has no request for a fetch as bytes, no way
 * to commit under a given generation, and no membership without its own fetch loop. It has no `exports` map, and its
 * last release was 2.2.4: what is used here will not move.
 */
import type { ISocketFactory, SASLOptions } from 'kafkajs'
import BrokerClass from 'kafkajs/src/broker/index.js'
import buildConnections from 'kafkajs/src/cluster/connectionPoolBuilder.js'
import ClusterClass from 'kafkajs/src/cluster/index.js'
import { MemberAssignment, MemberMetadata } from 'kafkajs/src/consumer/assignerProtocol.js'
import ConsumerGroupClass from 'kafkajs/src/consumer/consumerGroup.js'
import EventEmitter from 'kafkajs/src/instrumentation/emitter.js'
import { createLogger } from 'kafkajs/src/loggers/index.js'
import Connection from 'kafkajs/src/network/connection.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import type { KafkaConnection } from './kafka-options.ts'

// Every connection would otherwise arm a timer again and again, with a negative delay while nothing is throttled.
const scheduleCheckPendingRequests = RequestQueue.prototype.scheduleCheckPendingRequests
RequestQueue.prototype.scheduleCheckPendingRequests = function (): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) scheduleCheckPendingRequests.call(this)
}

// Two requests that find a connection not open yet would open a socket each, of which one is never closed.
const connecting = new WeakMap<object, Promise<true>>()
const { connect } = Connection.prototype
Connection.prototype.connect = function (): Promise<true> {
  const underWay = connecting.get(this) ?? connect.call(this).finally(() => connecting.delete(this))
  connecting.set(this, underWay)
  return underWay
}

/** A request as bytes and what its response is read with; `payload` begins behind the correlation id. */
export interface RawRequest<Response> {
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
  readonly body: Buffer
  readonly decode: (payload: Buffer) => Response
  /** Milliseconds the broker may take on purpose. */
  readonly waitMs?: number
}

interface ConnectionPool {
  send(protocol: object): Promise<unknown>
}

interface CommittedTopic {
  topic: string
  partitions: { partition: number; offset: string; metadata: string | null; errorCode: number }[]
}

/** kafkajs's broker: connects and authenticates by itself. Rejections carry the protocol's error name as `type`. */
export interface Broker {
  readonly connectionPool: ConnectionPool & { host: string; port: number }
  readonly versions: Record<number, { maxVersion: number }> | null
  isConnected(): boolean
  connect(): Promise<void>
  disconnect(): Promise<void>
  findGroupCoordinator(query: { groupId: string; coordinatorType: number }): Promise<{
    coordinator: { nodeId: number; host: string; port: number }
  }>
  offsetCommit(commit: {
    groupId: string
    groupGenerationId: number
    memberId: string
    topics: { topic: string; partitions: { partition: number; offset: string; metadata: string }[] }[]
  }): Promise<unknown>
  offsetFetch(query: { groupId: string; topics: { topic: string; partitions: { partition: number }[] }[] }): Promise<{
    responses: CommittedTopic[]
  }>
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>
  listOffsets(query: {
    isolationLevel: number
    topics: { topic: string; partitions: { partition: number; timestamp: number | string }[] }[]
  }): Promise<{ responses: { partitions: { partition: number; errorCode: number; offset: string }[] }[] }>
  /** Without a transactional id: an id that nobody had before, with epoch 0. */
  initProducerId(producer: { transactionalId: undefined; transactionTimeout: number }): Promise<{
    producerId: string
    producerEpoch: number
  }>
  /** Rejects when any of its partitions is refused; which one it was, only a request for one partition tells. */
  produce(request: {
    producerId: string
    producerEpoch: number
    acks: number
    /** Milliseconds the leader waits for the other replicas. */
    timeout: number
    compression: number
    topicData: {
      topic: string
      partitions: { partition: number; firstSequence: number; messages: readonly { key: Buffer; value: Buffer }[] }[]
    }[]
  }): Promise<unknown>
  describeConfigs(query: { resources: { type: number; name: string; configNames: string[] }[] }): Promise<{
    resources: { configEntries: { configName: string; configValue: string }[] }[]
  }>
}

/** Sends bytes over the broker's connection; fetches have one of their own, so that their waiting holds up nothing. */
export async function sendRaw<Response>(broker: Broker, request: RawRequest<Response>): Promise<Response> {
  const { apiKey, apiName, apiVersion, body, decode, waitMs = 0 } = request
  try {
    return (await broker.connectionPool.send({
      request: { apiKey, apiName, apiVersion, encode: async () => ({ buf: body, buffer: body }) },
      response: {
        decode: async (payload: Buffer) => ({ answer: decode(payload), clientSideThrottleTime: 0 }),
        parse: async ({ answer }: { answer: Response }) => answer,
      },
      requestTimeout: waitMs > 0 ? waitMs + 10_000 : null,
      logResponseError: false,
    })) as Response
  } catch (error) {
    if ((error as Error).name === 'KafkaJSConnectionClosedError') await broker.disconnect()
    throw error
  }
}

export interface Credentials {
  readonly clientId: string
  readonly ssl: object | undefined
  readonly sasl: SASLOptions | undefined
}

/** TLS and SASL as kafkajs takes them. */
export function credentialsOf({ clientId, tls, sasl }: KafkaConnection): Credentials {
  // A copy: kafkajs writes into it.
  return { clientId, ssl: tls, sasl: sasl && ({ ...sasl } as SASLOptions) }
}

/** Addresses as kafkajs can take them: it cuts them at the first colon, of which an IPv6 address has some. */
export const brokerNames = (brokers: readonly string[]): string[] =>
  brokers.map((broker) => broker.replace(/^\[(.+)\]/, (_, address: string) => encodeURIComponent(address)))

const openSocket = createSocketFactory()
/** Opens sockets to hosts named as in {@link brokerNames}. */
export const socketFactory: ISocketFactory = (socket) =>
  openSocket({ ...socket, host: decodeURIComponent(socket.host) })

/** What kafkajs has to say, which the reasons of failed requests say better. */
const silent = createLogger({ level: 0, logCreator: () => () => {} })

const CONNECT_TIMEOUT_MS = 5_000

/** A broker at `host:port`, not yet connected. @param requestTimeoutMs after which a request counts as failed */
export async function newBroker(
  { host, port }: { host: string; port: number },
  credentials: Credentials,
  requestTimeoutMs: number,
): Promise<Broker> {
  const connections = buildConnections({
    ...credentials,
    brokers: [`${host}:${port}`],
    socketFactory,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    logger: silent,
  })
  const connectionPool = await connections.build({ host, port })
  return new BrokerClass({ connectionPool, logger: silent, allowAutoTopicCreation: false }) as Broker
}

/** One of the members a group's leader divides the partitions among, and what it sent along. */
export interface JoiningMember {
  readonly memberId: string
  readonly topics: readonly string[]
  readonly userData: Buffer | null
}

/** kafkajs's side of the classic group protocol: joins, syncs, keeps the membership. */
export interface GroupMembership {
  generationId: number | null
  memberId: string | null
  coordinator: { connectionPool: unknown } | null
  readonly cluster: { disconnect(): Promise<void>; findGroupCoordinator(query: { groupId: string }): Promise<never> }
  connect(): Promise<void>
  /** Joins, again and again while the group rebalances. */
  joinAndSync(): Promise<void>
  assigned(): { topic: string; partitions: number[] }[]
  heartbeat(options: { interval: number }): Promise<void>
  leave(): Promise<void>
  isLeader(): boolean
}

export interface MembershipOptions {
  readonly connection: KafkaConnection
  readonly group: string
  readonly topic: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Name of the way partitions are divided; all members of a group must agree on it. */
  readonly protocol: string
  /** What to tell the leader, asked for at every join. */
  readonly userData: () => Buffer
  /** As leader: divides the partitions. */
  readonly assign: (
    members: readonly JoiningMember[],
  ) => Promise<ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>>
}

export function newGroupMembership(options: MembershipOptions): GroupMembership {
  const { connection, group, topic, sessionTimeoutMs, rebalanceTimeoutMs, protocol } = options
  const retry = { retries: 3, initialRetryTime: 200, maxRetryTime: 1_000 }
  const cluster = new ClusterClass({
    ...credentialsOf(connection),
    brokers: brokerNames(connection.brokers),
    logger: silent,
    socketFactory,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    // A heartbeat without an answer for longer would let the session end unnoticed.
    requestTimeout: Math.min(sessionTimeoutMs, 10_000),
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    retry,
    allowAutoTopicCreation: false,
  })
  cluster.targetTopics.add(topic)
  const assigner = {
    name: protocol,
    version: 0,
    protocol: ({ topics }: { topics: string[] }) => ({
      name: protocol,
      metadata: MemberMetadata.encode({ version: 0, topics, userData: options.userData() }),
    }),
    async assign({ members }: { members: { memberId: string; memberMetadata: Buffer }[] }) {
      const joining = members.map(({ memberId, memberMetadata }) => {
        const { topics, userData } = MemberMetadata.decode(memberMetadata)
        return { memberId, topics, userData }
      })
      const shares = await options.assign(joining)
      return [...shares].map(([memberId, share]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: 0,
          assignment: Object.fromEntries([...share].map(([name, partitions]) => [name, [...partitions]])),
        }),
      }))
    },
  }
  return new ConsumerGroupClass({
    cluster,
    retry,
    groupId: group,
    topics: [topic],
    topicConfigurations: {},
    logger: silent,
    instrumentationEmitter: new EventEmitter(),
    assigners: [assigner],
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    autoCommit: false,
  }) as GroupMembership
}
