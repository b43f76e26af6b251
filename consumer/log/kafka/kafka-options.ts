/** How brokers are reached. Secrets and certificates are contents here, not paths. */
export interface KafkaConnection {
  /** host:port, any of the cluster's; the rest are learned from it. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** PEM texts; undefined means no TLS. Without `ca` the system's authorities are trusted. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
        readonly username: string
        readonly password: string
      }
    | undefined
}

export const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const
export type Compression = (typeof COMPRESSIONS)[number]

/** What topics are created with, where that is allowed; undefined where it is not. */
export interface TopicCreation {
  readonly partitions: number
  /** -1 takes the broker's own default. */
  readonly replication: number
  /** Of the source topic, milliseconds. */
  readonly retentionMs: number
}

/** Where a partition begins that was never committed: an epoch in milliseconds finds the first record not older. */
export type KafkaStart = 'earliest' | 'latest' | number

export interface KafkaLogOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  readonly group: string
  readonly snapshotTopic: string
  readonly deadLetterTopic: string
  readonly createTopics: TopicCreation | undefined
  readonly startFrom: KafkaStart
  /** Milliseconds without a heartbeat after which the group gives this member up. */
  readonly sessionTimeoutMs: number
  /** Milliseconds the members have to join again when the group changes. */
  readonly rebalanceTimeoutMs: number
  /** Bytes asked for per partition and fetch; a larger batch comes all the same. */
  readonly fetchBytes: number
  /** How long a broker may hold a fetch back while there is nothing new, milliseconds. */
  readonly fetchWaitMs: number
  /** Of what is written: dead letters. Snapshots are compressed already. */
  readonly compression: Compression
}
