import { warningAbout } from '../consumer/kafka-options.ts'
import { readTopic, type TopicReading, type TopicRecord, UnreadableTopic } from '../consumer/log/kafka/read-topic.ts'
import { TopicMissing } from '../consumer/log/kafka/topic-view.ts'
import type { SettingName } from '../consumer/settings/settings.ts'
import type { Command, Invocation } from './command-line.ts'
import { runFileCommand } from './file-command.ts'

/** As `runFileCommand`, for a command that reads a topic as well. */
export async function runSourceCommand<N extends SettingName>(
  command: Pick<Command<N>, 'name' | 'parse'>,
  run: (invocation: Invocation<N>) => Promise<void>,
): Promise<void> {
  try {
    await runFileCommand(command, run)
  } catch (error) {
    if (!(error instanceof UnreadableTopic)) throw error
    const fix = error.cause instanceof TopicMissing ? '; check --topic' : ''
    process.stderr.write(`${command.name}: ${error.message}${fix}\n`)
    process.exitCode = 1
  }
}

/** As `readTopic`; says on stderr what is not safe about the connection. */
export function readTopicFor(
  { name }: Pick<Command<SettingName>, 'name'>,
  reading: TopicReading,
): AsyncGenerator<TopicRecord> {
  const warning = warningAbout(reading.connection)
  if (warning !== undefined) process.stderr.write(`${name}: ${warning}\n`)
  return readTopic(reading)
}
