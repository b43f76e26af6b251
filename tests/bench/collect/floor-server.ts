import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The least that taking in events over HTTP can cost: reads the body, parses it, answers, keeps nothing. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { records } = JSON.parse(Buffer.concat(chunks).toString()) as { records: unknown[] }
    const answer = JSON.stringify({ status: 'accepted', processed: records.length })
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length })
    response.end(answer)
  })
})

server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
