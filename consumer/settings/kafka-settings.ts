import { COMPRESSIONS } from '../log/kafka/kafka-options.ts'
import { type SecretSetting, type Setting, setting, unlessGiven } from './entry.ts'
import { brokerAddress, replication, startingPoint } from './kafka-kinds.ts'
import { choice, list, onOff, path, text, topicName } from './kinds.ts'
import { byteSize, duration } from './quantities.ts'
import type { SettingName, Settings } from './settings.ts'

const SASL_MECHANISMS = ['none', 'plain', 'scram-sha-256', 'scram-sha-512'] as const

export const SNAPSHOT_SUFFIX = '-snapshots'
export const DEAD_LETTER_SUFFIX = '.deadletter'

/** The part of the settings table that only commands which speak to Kafka take. */
export const KAFKA_TABLE = {
  brokers: setting(list(brokerAddress, { atLeast: 1 }), {
    flag: 'brokers',
    env: 'KAFKA_BROKERS',
    group: 'Kafka connection',
    default: 'localhost:9092',
    help: 'Brokers to begin with, the rest of the cluster is learned from them. One is enough while it runs; two or three let a start succeed while one is down. Without a port it is 9092, an IPv6 address stands in brackets.',
  }),
  clientId: setting(text('NAME'), {
    flag: 'kafka-client-id',
    group: 'Kafka connection',
    default: 'clickstream-exporter',
    help: 'Name under which the brokers log this process and count it against quotas.',
  }),
  tls: setting(onOff, {
    flag: 'kafka-tls',
    group: 'Kafka connection',
    default: 'off',
    help: 'Speak TLS with the brokers. With off, events and a plain password cross the network readable.',
  }),
  tlsCaFile: unlessGiven(path, {
    flag: 'kafka-tls-ca-file',
    group: 'Kafka connection',
    help: 'PEM file of the authorities that may have signed the certificates of the brokers. Only these are trusted then; without it, those that Node trusts.',
  }),
  tlsCertFile: unlessGiven(path, {
    flag: 'kafka-tls-cert-file',
    group: 'Kafka connection',
    help: 'PEM file of the certificate this process shows, for brokers that ask for one; needs its key.',
  }),
  tlsKeyFile: unlessGiven(path, {
    flag: 'kafka-tls-key-file',
    group: 'Kafka connection',
    help: 'PEM file of the private key of that certificate, not encrypted: let nobody else read it.',
  }),
  saslMechanism: setting(choice(SASL_MECHANISMS), {
    flag: 'kafka-sasl-mechanism',
    group: 'Kafka connection',
    default: 'none',
    help: 'How to log in. scram never sends the password; plain does, so it wants TLS.',
  }),
  saslUsername: unlessGiven(text('NAME'), {
    flag: 'kafka-sasl-username',
    group: 'Kafka connection',
    help: 'User to log in as.',
  }),
  saslPassword: {
    flag: 'kafka-sasl-password',
    env: 'KAFKA_SASL_PASSWORD',
    group: 'Kafka connection',
    help: 'Password to log in with. There is no flag for it, because all users of the machine see the flags of a process; a password file also keeps it out of the environment.',
    isSecret: true,
  } satisfies SecretSetting as SecretSetting,
  saslPasswordFile: unlessGiven(path, {
    flag: 'kafka-sasl-password-file',
    group: 'Kafka connection',
    help: 'File that holds the password and nothing else, a line break at its end aside. Read once, at the start.',
  }),

  createTopics: setting(onOff, {
    flag: 'kafka-create-topics',
    group: 'Kafka',
    default: 'on',
    help: 'Create the topics that are missing. With off they have to be there: for clusters where others make the topics.',
  }),
  topicReplication: setting(replication, {
    flag: 'kafka-topic-replication',
    group: 'Kafka',
    default: '-1',
    help: 'Copies of each partition of a topic that is created; -1 takes the default of the cluster (Kafka 2.4 or newer). With 1 the loss of a broker loses events and state: 3 is usual where there are three brokers.',
  }),
  topicRetentionMs: setting(duration({ atLeast: '1m' }), {
    flag: 'kafka-topic-retention',
    group: 'Kafka',
    default: '7d',
    help: 'How long events are kept in their topic when it is created here. It bounds how long the exporter may be down without losing count, and the disk the topic takes.',
  }),
  startFrom: setting(startingPoint, {
    flag: 'start-from',
    env: 'KAFKA_START',
    group: 'Kafka',
    default: 'earliest',
    help: 'Where a partition begins that the group never committed, and only there: earliest counts all the topic holds, latest nothing of it, a time the records since then (UTC unless it names a zone). inspect begins there in every partition; latest shows it the last records.',
  }),
  sessionTimeoutMs: setting(duration({ atLeast: '1s', atMost: '30m' }), {
    flag: 'kafka-session-timeout',
    group: 'Kafka',
    default: '30s',
    help: 'How long the group waits for a silent process before others take its partitions. Shorter hands over sooner after a crash, longer survives pauses of process and network. The brokers allow 6s to 30m unless configured otherwise.',
  }),
  rebalanceTimeoutMs: setting(duration({ atLeast: '1s', atMost: '1h' }), {
    flag: 'kafka-rebalance-timeout',
    group: 'Kafka',
    default: '60s',
    help: 'How long the group waits for all its processes when one comes or goes. Shorter ends the wait for a dead one sooner, longer lets a busy one stay a member.',
  }),
  fetchBytes: setting(byteSize({ atLeast: '1KiB', atMost: '100MiB' }), {
    flag: 'kafka-fetch-bytes',
    group: 'Kafka',
    default: '1MiB',
    help: 'Bytes asked for per partition and request; a larger batch comes all the same. More catches up faster and takes that much memory per partition.',
  }),
  fetchWaitMs: setting(duration({ atLeast: '10ms', atMost: '10s' }), {
    flag: 'kafka-fetch-wait',
    group: 'Kafka',
    default: '250ms',
    help: 'How long a broker may hold back an answer while there is little to read. Longer makes fewer requests, and events count that much later.',
  }),
  compression: setting(choice(COMPRESSIONS), {
    flag: 'kafka-compression',
    group: 'Kafka',
    default: 'zstd',
    help: 'Of the records written here. zstd packs best but is unknown to clients older than Kafka 2.1, gzip is known to all and slower, none spares the processor and takes most of network and disk.',
  }),
  snapshotTopic: unlessGiven(topicName(), {
    flag: 'kafka-snapshot-topic',
    group: 'Kafka',
    help: `Compacted topic that keeps the state; unless given the name of the group with ${SNAPSHOT_SUFFIX}. Under another name the old state is not found, and the counters begin again at 0.`,
  }),
  deadLetterTopic: unlessGiven(topicName(), {
    flag: 'kafka-dead-letter-topic',
    group: 'Kafka',
    help: `Topic that rejected records are written to with their reason; unless given the name of the topic with ${DEAD_LETTER_SUFFIX}.`,
  }),
} satisfies Record<string, Setting<unknown>>

/** How a connection to brokers is made safe. */
export const KAFKA_SECURITY_SETTINGS = [
  'tls',
  'tlsCaFile',
  'tlsCertFile',
  'tlsKeyFile',
  'saslMechanism',
  'saslUsername',
  'saslPassword',
  'saslPasswordFile',
] as const satisfies readonly SettingName[]

/** What it takes to reach the brokers. */
export const KAFKA_CONNECTION_SETTINGS = [
  'brokers',
  'clientId',
  ...KAFKA_SECURITY_SETTINGS,
] as const satisfies readonly SettingName[]

/** What a command takes that may create the topics it needs. */
export const TOPIC_CREATION_SETTINGS = [
  'createTopics',
  'partitions',
  'topicReplication',
  'topicRetentionMs',
] as const satisfies readonly SettingName[]

/** What a command that follows a Kafka topic as a member of a group takes besides topic and group. */
export const KAFKA_SETTINGS = [
  ...KAFKA_CONNECTION_SETTINGS,
  ...TOPIC_CREATION_SETTINGS,
  'startFrom',
  'sessionTimeoutMs',
  'rebalanceTimeoutMs',
  'fetchBytes',
  'fetchWaitMs',
  'compression',
  'snapshotTopic',
  'deadLetterTopic',
] as const satisfies readonly SettingName[]

export type KafkaConnectionSettings = Settings<(typeof KAFKA_CONNECTION_SETTINGS)[number]>
export type TopicCreationSettings = Settings<(typeof TOPIC_CREATION_SETTINGS)[number]>
export type KafkaSettings = Settings<(typeof KAFKA_SETTINGS)[number] | 'topic' | 'group'>

export type TopicNames = Pick<KafkaSettings, 'topic' | 'group' | 'snapshotTopic' | 'deadLetterTopic'>

/** The names in force of the two topics that go with a source topic and a group. */
export const topicsBeside = ({
  topic,
  group,
  snapshotTopic = `${group}${SNAPSHOT_SUFFIX}`,
  deadLetterTopic = `${topic}${DEAD_LETTER_SUFFIX}`,
}: TopicNames) => ({ snapshotTopic, deadLetterTopic })
