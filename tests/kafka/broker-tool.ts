import { runKafkaClass } from './jars.ts'

/** Kafka's own programs, by the names of their scripts. */
const TOOLS = {
  'consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  topics: 'org.apache.kafka.tools.TopicCommand',
  configs: 'kafka.admin.ConfigCommand',
  'get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
} as const

/** Asks a broker through Kafka's own program: what that printed. @throws with what it printed when it fails */
export function brokerTool(
  broker: { readonly bootstrap: string },
  tool: keyof typeof TOOLS,
  args: readonly string[],
): Promise<string> {
  return runKafkaClass(TOOLS[tool], ['--bootstrap-server', broker.bootstrap, ...args])
}
