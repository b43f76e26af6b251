import { basename, dirname } from 'node:path'
import { type Level, type Logger, multistream, pino } from 'pino'
import { createStream } from 'rotating-file-stream'
import { makeFolder } from './make-folder.ts'

export interface LoggingOptions {
  /** Undefined writes no file. */
  readonly file: string | undefined
  readonly level: Level | 'silent'
  /** Size at which the file is put aside. Bytes. */
  readonly rotateBytes: number
  /** Files put aside that are kept. */
  readonly keep: number
  /** Where people are told of warnings and errors. */
  readonly console: (line: string) => void
}

export interface OpenLog {
  readonly logger: Logger
  /** Resolves when every line is in the file: what ends the process without waiting loses the last ones. */
  close(): Promise<void>
}

interface LogFile {
  write(line: string): void
  close(): Promise<void>
}

/**
 * One JSON object a line into a file that rotates by size (`analytics.log`, `analytics.log.1` ...), and warnings in
 * plain words on the console. A file that cannot be written is said once and given up: the service goes on.
 */
export function openLog({ file, level, rotateBytes, keep, console }: LoggingOptions): OpenLog {
  const streams: { level: Level; stream: { write(line: string): void } }[] = [
    { level: 'warn', stream: { write: (line) => console(plainWords(line)) } },
  ]
  let close = async (): Promise<void> => {}
  if (level !== 'silent' && file !== undefined) {
    const stream = rotatingFile(file, rotateBytes, keep, console)
    streams.push({ level, stream })
    close = stream.close
  }
  const words = {
    level: level === 'silent' ? 'warn' : level,
    base: null,
    // A message is written as it is: most name their cause already.
    serializers: { err: pino.stdSerializers.errWithCause },
  }
  return { logger: pino(words, multistream(streams)), close }
}

function rotatingFile(file: string, rotateBytes: number, keep: number, console: (line: string) => void): LogFile {
  let broken = false
  const giveUp = (error: unknown): void => {
    if (!broken) console(`the log file ${file} cannot be written (${message(error)}); going on without it`)
    broken = true
  }
  try {
    makeFolder(dirname(file))
    const name = (index: number | Date | null): string => (index ? `${basename(file)}.${index}` : basename(file))
    const stream = createStream(name, { path: dirname(file), size: `${rotateBytes}B`, rotate: keep })
    stream.on('error', giveUp)
    return {
      write: (line) => {
        if (!broken) stream.write(line)
      },
      close: () =>
        new Promise((resolve) => {
          if (broken) return resolve()
          stream.once('error', () => resolve())
          stream.end(resolve)
        }),
    }
  } catch (error) {
    giveUp(error)
    return { write: () => {}, close: async () => {} }
  }
}

function plainWords(line: string): string {
  const { level, msg, err, time: _time, ...rest } = JSON.parse(line)
  const detail = Object.entries(rest).map(([name, value]) => `${name}=${value}`)
  const said: string[] = [msg]
  for (let error = err; error?.message !== undefined; error = error.cause) {
    if (!said.some((text) => text.includes(error.message))) said.push(error.message)
  }
  return `${level >= 50 ? 'error' : 'warning'}: ${said.join(': ')}${detail.length > 0 ? ` (${detail.join(' ')})` : ''}`
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))
