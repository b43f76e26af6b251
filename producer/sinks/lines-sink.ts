import { type FileHandle, open } from 'node:fs/promises'
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

/** A file; what it held is replaced, unless it is kept. @throws {SinkRefused} when it cannot be written */
export async function openFileSink(path: string, { keeping = false } = {}): Promise<LinesSink> {
  const refused = (error: unknown): SinkRefused =>
    new SinkRefused(`${path} cannot be written (${(error as Error).message}); check --output`, { cause: error })
  const file: FileHandle = await (keeping ? openBehindLines(path) : open(path, 'w')).catch((error) => {
    throw refused(error)
  })
  const write = (bytes: Uint8Array): Promise<void> =>
    file.appendFile(bytes).catch((error) => {
      // A line may be there in part: whatever followed would not be readable.
      throw refused(error)
    })
  return new LinesSink(write, () => file.close())
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
