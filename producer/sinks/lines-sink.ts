import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { openBehindLines } from './continued-file.ts'
import { ReaderGone, type Sink, SinkRefused } from './sink.ts'

const LINE_FEED = 0x0a
const TAB = 0x09
/** The first write after the reader went, and those behind it. */
const GONE: readonly (string | undefined)[] = ['EPIPE', 'ERR_STREAM_DESTROYED']

/** Writes records as lines, each value as it is. */
export class LinesSink implements Sink {
  /** Nothing is sent: what is written is known to be. */
  readonly unconfirmed = 0
  readonly #write: (bytes: Uint8Array) => Promise<void>
  readonly #close: () => Promise<void>

  constructor(write: (bytes: Uint8Array) => Promise<void>, close: () => Promise<void>) {
    this.#write = write
    this.#close = close
  }

  append(records: readonly NewRecord[]): Promise<void> {
    return this.#write(linesOf(records))
  }

  stopWaiting(): void {}

  close(): Promise<void> {
    return this.#close()
  }
}

export interface FileWords {
  /** The files that are read: none of them may be written. */
  readonly sources?: readonly string[]
  /** What the file holds stays: what is written goes behind it. */
  readonly keeping?: boolean
  /** Called once it is known that the file can be written, and before what it held is gone. */
  readonly beforeReplacing?: () => void
}

/**
 * A file; what it held is replaced, unless it is kept.
 * @throws {SinkRefused} when it cannot be written, or is one of the sources
 * @throws as `beforeReplacing`
 */
export async function openFileSink(path: string, words: FileWords = {}): Promise<LinesSink> {
  const { sources = [], keeping = false, beforeReplacing } = words
  if (await isAmong(path, sources))
    throw new SinkRefused(`${path} is one of the files that are read; name another with --output`)
  const refuse = (error: NodeJS.ErrnoException): never => {
    const isGone = keeping && error.code === 'ENOENT'
    const why = isGone
      ? 'is gone, and what was written into it with it; put it back, or leave --resume out to begin anew'
      : `cannot be written (${error.message}); check --output`
    throw new SinkRefused(`${path} ${why}`, { cause: error })
  }
  let file: FileHandle = await (keeping ? openBehindLines(path) : open(path, 'a')).catch(refuse)
  if (!keeping) {
    const writable = file
    try {
      beforeReplacing?.()
      file = await open(path, 'w').catch(refuse)
    } finally {
      await writable.close()
    }
  }
  // A line may be there in part when it fails: whatever followed would not be readable.
  return new LinesSink(
    (bytes) => file.appendFile(bytes).catch(refuse),
    () => file.close(),
  )
}

/** Whether the path is one of these files, by whatever name. */
async function isAmong(path: string, others: readonly string[]): Promise<boolean> {
  const fileAt = (one: string) => stat(one).catch(() => undefined)
  const own = await fileAt(path)
  if (!own?.isFile()) return false
  const files = await Promise.all(others.map(fileAt))
  return files.some((file) => file?.dev === own.dev && file.ino === own.ino)
}

/** A stream of this process, such as standard output. A reader who is slow slows the producer down. */
export function streamSink(stream: Writable): LinesSink {
  const write = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => {
        if (error == null) resolve()
        else if (GONE.includes((error as NodeJS.ErrnoException).code)) reject(new ReaderGone())
        else reject(new SinkRefused(`the output cannot be written (${error.message})`, { cause: error }))
      })
    })
  return new LinesSink(write, async () => {})
}

/** A line feed within a record would make two of it. A tab leaves valid JSON valid, and a broken text broken. */
function linesOf(records: readonly NewRecord[]): Uint8Array {
  const length = records.reduce((sum, { value }) => sum + value.length + 1, 0)
  const bytes = new Uint8Array(length)
  let end = 0
  for (const { value } of records) {
    bytes.set(value, end)
    for (let at = value.indexOf(LINE_FEED); at !== -1; at = value.indexOf(LINE_FEED, at + 1)) bytes[end + at] = TAB
    end += value.length
    bytes[end] = LINE_FEED
    end += 1
  }
  return bytes
}
