import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'

export type Compression = 'gzip' | 'zstd'

/**
 * Decompresses up to where its frame ends. Keeps what it has decompressed itself, because a stream that fails throws
 * away what was not read from it yet.
 */
export class ArchiveFrame {
  readonly #decoder: Gunzip | ZstdDecompress
  readonly #settled = Promise.withResolvers<void>()
  #output: Uint8Array[] = []
  #failure: Error | undefined
  #ended = false
  /** Ends the waiting for the write under way. */
  #awaken = (): void => {}

  constructor(compression: Compression) {
    this.#decoder = compression === 'gzip' ? createGunzip() : createZstdDecompress()
    this.#decoder.on('data', (chunk: Uint8Array) => this.#output.push(chunk))
    this.#decoder.once('end', () => {
      this.#ended = true
      this.#settle()
    })
    this.#decoder.once('error', (error) => {
      this.#failure = error
      this.#settle()
    })
  }

  /** What is wrong with the archive, once that is known. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** True when the frame's last byte was read: what follows belongs to the next frame. */
  get ended(): boolean {
    return this.#ended
  }

  /** Bytes of `input` this frame took: all of them, unless it ended or failed. Not to be called after that. */
  async write(input: Uint8Array): Promise<number> {
    const before = this.#decoder.bytesWritten
    // A decoder that ends or fails never calls back. Racing each write with that would keep them all until then.
    await new Promise<void>((resolve) => {
      this.#awaken = resolve
      this.#decoder.write(input, () => resolve())
    })
    return this.#ended ? this.#decoder.bytesWritten - before : input.length
  }

  /** Says that the archive has no more bytes; a frame that needs more has then failed. */
  async finish(): Promise<void> {
    this.#decoder.end()
    await this.#settled.promise
  }

  /** What was decompressed since the last call. */
  takeOutput(): Uint8Array[] {
    const output = this.#output
    this.#output = []
    return output
  }

  discard(): void {
    this.#decoder.destroy()
  }

  #settle(): void {
    this.#settled.resolve()
    this.#awaken()
  }
}
