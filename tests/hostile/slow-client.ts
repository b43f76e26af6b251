import { connect } from 'node:net'
import { type Answer, AnswerReader } from './answer-reader.ts'

const BETWEEN_BYTES_MS = 500

/** Sends a head at once and its body a byte now and then, without end: what it is answered before it is cut off. */
export function dribble(port: number, head: string): Promise<Answer | undefined> {
  const socket = connect(port, '127.0.0.1')
  const reader = new AnswerReader()
  socket.write(head)
  const timer = setInterval(() => socket.write(' '), BETWEEN_BYTES_MS)
  socket.on('data', (chunk: Buffer) => reader.push(chunk))
  // A byte that comes after the end is refused by the system.
  socket.on('error', () => {})
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearInterval(timer)
      resolve(reader.next(true))
    })
  })
}
