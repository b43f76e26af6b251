// The modules of kafkajs that have no types of their own; kafkajs-internals.ts says what is used of them.
declare module 'kafkajs/src/broker/index.js' {
  const Broker: new (options: object) => unknown
  export default Broker
}
declare module 'kafkajs/src/cluster/index.js' {
  const Cluster: new (options: object) => { targetTopics: Set<string> }
  export default Cluster
}
declare module 'kafkajs/src/cluster/connectionPoolBuilder.js' {
  const build: (options: object) => { build(address: { host: string; port: number }): Promise<unknown> }
  export default build
}
declare module 'kafkajs/src/consumer/assignerProtocol.js' {
  export const MemberMetadata: {
    encode(metadata: { version: number; topics: readonly string[]; userData: Buffer }): Buffer
    decode(bytes: Buffer): { topics: string[]; userData: Buffer | null }
  }
  export const MemberAssignment: {
    encode(assignment: { version: number; assignment: Record<string, number[]> }): Buffer
  }
}
declare module 'kafkajs/src/consumer/consumerGroup.js' {
  const ConsumerGroup: new (options: object) => unknown
  export default ConsumerGroup
}
declare module 'kafkajs/src/instrumentation/emitter.js' {
  const InstrumentationEventEmitter: new () => unknown
  export default InstrumentationEventEmitter
}
declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: { level: number; logCreator: () => () => void }): unknown
}
declare module 'kafkajs/src/network/connection.js' {
  const Connection: { prototype: { connect(): Promise<true> } }
  export default Connection
}
declare module 'kafkajs/src/network/requestQueue/index.js' {
  const RequestQueue: {
    prototype: { pending: readonly unknown[]; throttledUntil: number; scheduleCheckPendingRequests(): void }
  }
  export default RequestQueue
}
declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs'

  const createSocketFactory: () => ISocketFactory
  export default createSocketFactory
}
