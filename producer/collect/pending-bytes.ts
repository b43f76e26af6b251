import { RefusedRequest } from './refused-request.ts'

/** Memory that one request holds. */
export interface Reservation {
  /**
   * Takes this many bytes more, before they are allocated. When it throws, none of them are taken.
   * @throws {RefusedRequest} 429 `client_over_share`, 503 `overloaded`
   */
  grow(bytes: number): void
  /** Gives all of it back. Once more does nothing. */
  release(): void
}

/** When it is worth trying again: requests are answered within moments. */
const RETRY_AFTER_SECONDS = 1

/**
 * The bytes that all requests together hold, from being received to being in the log. However much is sent, the
 * process holds no more; and one client holds at most half, so that it alone cannot shut out the others.
 */
export class PendingBytes {
  readonly #mostBytes: number
  #bytes = 0
  /** A client is forgotten with its last byte, so there are no more than requests under way. */
  readonly #byClient = new Map<string, number>()

  constructor({ mostBytes }: { readonly mostBytes: number }) {
    this.#mostBytes = mostBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Begins with nothing. @param client who shares: its address */
  reserve(client: string): Reservation {
    let held = 0
    let released = false
    return {
      grow: (bytes) => {
        if (released) throw new Error('a reservation that was released cannot grow')
        this.#take(client, bytes)
        held += bytes
      },
      release: () => {
        if (released) return
        released = true
        this.#giveBack(client, held)
      },
    }
  }

  #take(client: string, bytes: number): void {
    const ofClient = (this.#byClient.get(client) ?? 0) + bytes
    if (ofClient > this.#mostBytes / 2) {
      const fix =
        'Your requests under way hold half of what all may hold: wait for their answers, then send this again.'
      throw new RefusedRequest(429, 'client_over_share', fix, RETRY_AFTER_SECONDS)
    }
    if (this.#bytes + bytes > this.#mostBytes) {
      const fix = 'The requests under way hold as much as they may: send this again in a moment.'
      throw new RefusedRequest(503, 'overloaded', fix, RETRY_AFTER_SECONDS)
    }
    if (ofClient > 0) this.#byClient.set(client, ofClient)
    this.#bytes += bytes
  }

  #giveBack(client: string, bytes: number): void {
    const left = (this.#byClient.get(client) ?? 0) - bytes
    if (left > 0) this.#byClient.set(client, left)
    else this.#byClient.delete(client)
    this.#bytes -= bytes
  }
}
