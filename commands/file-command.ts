import type { FileFormat } from '../consumer/files/format.ts'
import { progressBar } from '../consumer/files/progress.ts'
import { readEvents } from '../consumer/files/read-events.ts'
import type { FileRecord } from '../consumer/files/record.ts'
import { UnreadableFile } from '../consumer/files/unreadable-file.ts'
import type { SettingName } from '../consumer/settings/settings.ts'
import { type Command, type Invocation, runCommand } from './command-line.ts'

/**
 * Runs a command that reads files. Exit code 1 when a file cannot be read, with the reason and the fix on stderr. Whoever reads our output may stop early (`| head`): that is no fault.
 */
export async function runFileCommand<N extends SettingName>(
  command: Pick<Command<N>, 'name' | 'parse'>,
  run: (invocation: Invocation<N>) => Promise<void>,
): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  try {
    await runCommand(command, run)
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    process.stderr.write(`${command.name}: ${error.message}\n`)
    process.exitCode = 1
  }
}

export interface ReadBatch {
  readonly records: readonly FileRecord[]
  readonly format: FileFormat
  /** All values are text. */
  readonly isCsv: boolean
}

/**
 * The records of a file in batches, with a progress bar on stderr if that is a terminal.
 * @param named read the file as this, whatever its name says
 * @throws {UnreadableFile} when the file cannot be read, or not to its end
 */
export async function* readWithProgress(
  path: string,
  columns: readonly string[] | undefined,
  named?: FileFormat | undefined,
): AsyncGenerator<ReadBatch, void, undefined> {
  const bar = progressBar(path, process.stderr, () => performance.now())
  let count = 0
  let format: FileFormat | undefined
  let isCsv = false
  const onProgress = (bytesRead: number, totalBytes: number): void => bar.show(bytesRead, totalBytes, count)
  const onFormat = (found: FileFormat): void => {
    format = found
    isCsv = format === 'csv' || format === 'tsv'
  }
  try {
    for await (const records of readEvents(path, { format: named, columns, onProgress, onFormat })) {
      count += records.length
      yield { records, format: format!, isCsv }
    }
  } finally {
    bar.clear()
  }
}
