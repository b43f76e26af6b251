/** Where progress is shown: stderr, so that it never mixes with the verdict on stdout. */
export interface Terminal {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

export interface Progress {
  /** What is going on now, in one line. */
  show(line: string): void
  /** Takes the line off the screen. */
  clear(): void
}

const REDRAW_EVERY_MS = 100
const SAY_AGAIN_MS = 5_000
const ERASE_LINE = '\r\x1b[K'

/** One line that changes on a terminal; elsewhere a line every few seconds. `nowMs` is a clock in milliseconds. */
export function progressLine(terminal: Terminal, nowMs: () => number): Progress {
  const everyMs = terminal.isTTY ? REDRAW_EVERY_MS : SAY_AGAIN_MS
  let shownMs = nowMs()
  let isDrawn = false
  return {
    show(line) {
      if (nowMs() - shownMs < everyMs) return
      shownMs = nowMs()
      isDrawn = true
      // One column short of the edge: a full line would wrap and could not be erased any more.
      terminal.write(terminal.isTTY ? ERASE_LINE + line.slice(0, (terminal.columns ?? 80) - 1) : `${line}\n`)
    },
    clear() {
      if (isDrawn && terminal.isTTY) terminal.write(ERASE_LINE)
      isDrawn = false
    },
  }
}
