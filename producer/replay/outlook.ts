import { type ProgressBar, progressBar, type Terminal } from '../../consumer/files/progress.ts'

export interface OutlookOptions {
  /** Where it is shown: a bar on a terminal, else a line now and then. */
  readonly terminal: Terminal
  /** Records known to be stored. */
  readonly sent: () => number
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
}

const REDRAW_EVERY_MS = 200
const LINE_EVERY_MS = 5_000

const count = new Intl.NumberFormat('en-US')

/** How far a replay is, for people. */
export class Outlook {
  readonly #options: OutlookOptions
  readonly #timer: NodeJS.Timeout
  #path = ''
  #bar: ProgressBar | undefined
  #bytesRead = 0
  #totalBytes = 0
  #told: { sent: number; atMs: number }

  constructor(options: OutlookOptions) {
    const { terminal, steadyNow } = options
    this.#options = options
    this.#told = { sent: 0, atMs: steadyNow() }
    this.#timer = terminal.isTTY
      ? setInterval(() => this.#draw(), REDRAW_EVERY_MS)
      : setInterval(() => this.#tell(), LINE_EVERY_MS)
  }

  /** A file of which nothing is read yet. */
  begin(path: string): void {
    const { terminal, steadyNow } = this.#options
    this.#bar?.clear()
    this.#path = path
    this.#bar = progressBar(path, terminal, steadyNow)
    this.#bytesRead = 0
    this.#totalBytes = 0
  }

  /** Bytes of the file; `totalBytes` is 0 when it is not known. */
  readonly read = (bytesRead: number, totalBytes: number): void => {
    this.#bytesRead = bytesRead
    this.#totalBytes = totalBytes
  }

  /** A line of its own. */
  say(line: string): void {
    this.#bar?.clear()
    this.#options.terminal.write(`${line}\n`)
  }

  end(): void {
    clearInterval(this.#timer)
    this.#bar?.clear()
  }

  #draw(): void {
    this.#bar?.show(this.#bytesRead, this.#totalBytes, this.#options.sent())
  }

  #tell(): void {
    const now = { sent: this.#options.sent(), atMs: this.#options.steadyNow() }
    const perSecond = Math.round((1_000 * (now.sent - this.#told.sent)) / Math.max(1, now.atMs - this.#told.atMs))
    this.#told = now
    const share = this.#totalBytes > 0 ? ` ${Math.floor((100 * this.#bytesRead) / this.#totalBytes)}%` : ''
    this.say(`${this.#path}${share}  ${count.format(now.sent)} records sent, ${count.format(perSecond)} a second`)
  }
}
