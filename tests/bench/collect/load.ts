import { connect } from 'node:net'
import { AnswerReader } from '../../hostile/answer-reader.ts'
import { Traffic } from '../traffic.ts'

export const BATCH = 100

/** Requests as they go over the wire, each with a batch of events that no other has. */
export function batches(events: number): Buffer[] {
  const traffic = new Traffic({ shape: 'user-events', users: 1_000_000, visitors: 10_000, intervalMs: 4 })
  return Array.from({ length: events / BATCH }, () => {
    const { bytes, starts } = traffic.next(BATCH)
    const records = Array.from({ length: BATCH }, (_, at) => bytes.toString('latin1', starts[at], starts[at + 1]))
    const body = `{"records":[${records.join()}]}`
    const head = `POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
    return Buffer.from(`${head}\r\n\r\n${body}`, 'latin1')
  })
}

/**
 * Sends all requests over so many connections, each of which waits for its answer before it goes on.
 * @returns how long each answer took, in milliseconds
 * @throws when one is not answered by 200, or not all of its events were taken
 */
export async function send(requests: readonly Buffer[], port: number, connections: number): Promise<number[]> {
  const latenciesMs: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay()
      const reader = new AnswerReader()
      let startMs = 0
      const sendNext = (): void => {
        startMs = performance.now()
        socket.write(requests[next++]!)
      }
      sendNext()
      for await (const chunk of socket) {
        reader.push(chunk)
        const answer = reader.next(false)
        if (answer === undefined) continue
        latenciesMs.push(performance.now() - startMs)
        const { processed } = JSON.parse(answer.body.toString()) as { processed?: number }
        if (processed !== BATCH) throw new RangeError(`answered ${answer.status} ${answer.body}`)
        if (next === requests.length) return
        sendNext()
      }
      throw new Error('the connection was closed')
    }),
  )
  return latenciesMs
}
