import { harmless } from '../harmless.ts'

/** Where the bar is drawn: stderr, so that it never mixes with a report on stdout. */
export interface Terminal {
  isTTY?: boolean | undefined
  columns?: number | undefined
  write(text: string): unknown
}

export interface ProgressBar {
  /** Bytes of the file read so far; `totalBytes` is 0 when it is not known. */
  show(bytesRead: number, totalBytes: number, records: number): void
  /** Takes the bar off the screen. */
  clear(): void
}

const REDRAW_EVERY_MS = 100
const ERASE_LINE = '\r\x1b[K'

/** A one-line progress bar of one file; on anything but a terminal it draws nothing. `nowMs` is a clock in milliseconds. */
export function progressBar(fileName: string, terminal: Terminal, nowMs: () => number): ProgressBar {
  const startedMs = nowMs()
  let drawnMs: number | undefined
  return {
    show(bytesRead, totalBytes, records) {
      if (!terminal.isTTY) return
      const atMs = nowMs()
      if (drawnMs !== undefined && atMs - drawnMs < REDRAW_EVERY_MS) return
      drawnMs = atMs
      const line = describe({ fileName, bytesRead, totalBytes, records, elapsedSeconds: (atMs - startedMs) / 1000 })
      // One column short of the edge: a full line would wrap and could not be erased any more.
      terminal.write(ERASE_LINE + line.slice(0, (terminal.columns ?? 80) - 1))
    },
    clear() {
      if (drawnMs !== undefined) terminal.write(ERASE_LINE)
      drawnMs = undefined
    },
  }
}

interface Reading {
  fileName: string
  bytesRead: number
  totalBytes: number
  records: number
  elapsedSeconds: number
}

function describe({ fileName, bytesRead, totalBytes, records, elapsedSeconds }: Reading): string {
  const done = totalBytes > 0 ? Math.min(bytesRead / totalBytes, 1) : undefined
  const parts = [
    harmless(fileName),
    done === undefined ? `${(bytesRead / 1e6).toFixed(1)} MB` : `${bar(done)} ${Math.floor(done * 100)}%`,
    `${grouped(records)} records`,
  ]
  if (elapsedSeconds > 0) parts.push(`${grouped(Math.round(records / elapsedSeconds))}/s`)
  if (done !== undefined && done > 0 && elapsedSeconds > 0) {
    parts.push(`${clock((elapsedSeconds * (1 - done)) / done)} left`)
  }
  return parts.join('  ')
}

const BAR_WIDTH = 20

function bar(done: number): string {
  const filled = Math.floor(done * BAR_WIDTH)
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`
}

const grouped = (count: number): string => count.toLocaleString('en-US')

/** 75 s is 1:15, an hour and 5 s is 1:00:05. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  const twoDigits = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  const tail = twoDigits(whole % 60)
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${tail}`
}
