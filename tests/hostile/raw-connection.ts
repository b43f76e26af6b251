import { connect, type Socket } from 'node:net'
import { type Answer, AnswerReader } from './answer-reader.ts'
import type { HostileRequest } from './wire.ts'

const PATIENCE_MS = 45_000

export interface Conversation {
  readonly answers: readonly Answer[]
  /** What went wrong that no server may do to a client: silence, or bytes that are no answer. */
  readonly fault: string | undefined
}

/** One client: writes bytes as they are, and keeps its connection as long as it is kept. */
export class RawConnection {
  readonly #port: number
  #socket: Socket | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** Sends the request and gives what came back. */
  async send({ bytes, answers: wanted }: Pick<HostileRequest, 'bytes' | 'answers'>): Promise<Conversation> {
    // What breaks a connection gets one of its own.
    if (typeof wanted !== 'number') this.close()
    const socket = this.#open()
    if (wanted === 'none') {
      await cutBehind(socket, bytes)
      this.#socket = undefined
      return { answers: [], fault: undefined }
    }
    const conversation = talk(socket, typeof wanted === 'number' ? wanted : Number.POSITIVE_INFINITY)
    socket.write(bytes)
    if (wanted === 'ended') socket.end()
    return this.#settled(socket, await conversation)
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #settled(socket: Socket, conversation: Conversation): Conversation {
    const isLast = conversation.answers.at(-1)?.headers.get('connection') === 'close'
    if (isLast || conversation.fault !== undefined || socket.destroyed) this.close()
    return conversation
  }

  #open(): Socket {
    if (this.#socket?.readyState === 'open') return this.#socket
    this.close()
    const socket = connect(this.#port, '127.0.0.1')
    socket.setNoDelay()
    // Whoever reads hears of it as the end.
    socket.on('error', () => {})
    this.#socket = socket
    return socket
  }
}

function cutBehind(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.write(bytes, () => socket.destroy())
  })
}

function talk(socket: Socket, wanted: number): Promise<Conversation> {
  const reader = new AnswerReader()
  const answers: Answer[] = []
  return new Promise((resolve) => {
    const finish = (fault?: string): void => {
      socket.off('data', onData).off('close', onClose).off('timeout', onTimeout)
      resolve({ answers, fault })
    }
    const take = (ended: boolean): void => {
      try {
        for (let answer = reader.next(ended); answer !== undefined; answer = reader.next(ended)) answers.push(answer)
      } catch (error) {
        socket.destroy()
        finish((error as Error).message)
      }
    }
    const onData = (chunk: Buffer): void => {
      reader.push(chunk)
      take(false)
      if (answers.length >= wanted) finish()
    }
    const onClose = (): void => {
      take(true)
      const isShort = wanted !== Number.POSITIVE_INFINITY && answers.length === 0
      finish(isShort ? 'closed without an answer' : reader.hasRest ? 'an answer was cut off' : undefined)
    }
    const onTimeout = (): void => {
      socket.destroy()
      finish('neither answered nor closed')
    }
    socket.on('data', onData).on('close', onClose).on('timeout', onTimeout)
    socket.setTimeout(PATIENCE_MS)
  })
}
