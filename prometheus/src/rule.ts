export interface RecordingRule {
  /** `level:metric:operations` */
  readonly record: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
}

export interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface RuleGroup<Rule> {
  readonly name: string
  readonly interval: string
  readonly rules: readonly Rule[]
}

/** What every series of one topic's history has in common. */
const TOPIC = ['job', 'group', 'topic']

/** `by (job, group, topic, ...own)` */
export const byTopic = (...own: readonly string[]): string => `by (${[...TOPIC, ...own].join(', ')})`

/** `by (job, group, topic, partition, ...own)` */
export const byPartition = (...own: readonly string[]): string => byTopic('partition', ...own)

/** `on (job, group, topic, ...own)` */
export const onTopic = (...own: readonly string[]): string => `on (${[...TOPIC, ...own].join(', ')})`
