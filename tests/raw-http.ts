import { connect, type Socket } from 'node:net'

/** A connection that sends what no HTTP client would. */
export interface RawConnection {
  readonly socket: Socket
  /** Everything that came back, once the server has ended the connection. */
  readonly answer: Promise<string>
}

export function rawConnection(port: number, text = ''): RawConnection {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  const answer = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A reset ends it too: what came before it counts.
    socket.on('error', () => {})
    socket.once('close', () => resolve(Buffer.concat(chunks).toString()))
  })
  socket.write(text)
  return { socket, answer }
}

/** Status and body of every answer on the connection, interim ones included. */
export function answersIn(text: string): readonly { readonly status: number; readonly reason: string | undefined }[] {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((answer) => answer !== '')
    .map((answer) => ({
      status: Number(answer.slice(9, 12)),
      reason: /"reason":"(\w+)"/.exec(answer)?.[1],
    }))
}
