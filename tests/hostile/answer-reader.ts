export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')

/** Takes answers of HTTP/1.1 from the bytes of one connection. */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
  }

  /**
   * The next whole answer, those with 1xx left out; undefined while there is none.
   * @param ended nothing more will come, which ends an answer that tells no length
   * @throws when what came is no answer
   */
  next(ended: boolean): Answer | undefined {
    for (;;) {
      const headEnd = this.#bytes.indexOf(HEAD_END)
      if (headEnd < 0) return undefined
      const [first, ...lines] = this.#bytes.toString('latin1', 0, headEnd).split('\r\n') as [string, ...string[]]
      const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(first) ?? []
      if (status === undefined) throw new Error(`no answer of HTTP/1.1: ${first}`)
      const headers = new Map(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      )
      const from = headEnd + HEAD_END.length
      if (status.startsWith('1')) {
        this.#bytes = this.#bytes.subarray(from)
        continue
      }
      const body = this.#body(from, headers, status === '204', ended)
      return body && { status: Number(status), headers, body }
    }
  }

  /** Whether bytes are left of which no answer could be made. */
  get hasRest(): boolean {
    return this.#bytes.length > 0
  }

  #body(from: number, headers: ReadonlyMap<string, string>, isEmpty: boolean, ended: boolean): Buffer | undefined {
    if (headers.get('transfer-encoding') === 'chunked') return this.#chunks(from)
    const length = isEmpty ? '0' : headers.get('content-length')
    if (length === undefined && !ended) return undefined
    const end = length === undefined ? this.#bytes.length : from + Number(length)
    if (this.#bytes.length < end) return undefined
    const body = this.#bytes.subarray(from, end)
    this.#bytes = this.#bytes.subarray(end)
    return body
  }

  #chunks(start: number): Buffer | undefined {
    const parts: Buffer[] = []
    for (let from = start; ; ) {
      const lineEnd = this.#bytes.indexOf(LINE_END, from)
      if (lineEnd < 0) return undefined
      const size = Number.parseInt(this.#bytes.toString('latin1', from, lineEnd), 16)
      const end = lineEnd + LINE_END.length + size
      if (this.#bytes.length < end + LINE_END.length) return undefined
      parts.push(this.#bytes.subarray(lineEnd + LINE_END.length, end))
      from = end + LINE_END.length
      if (size > 0) continue
      this.#bytes = this.#bytes.subarray(from)
      return Buffer.concat(parts)
    }
  }
}
