import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { kafkaClient } from '../../consumer/log/kafka/kafka-client.ts'
import { credentialsOf, newBroker, newGroupMembership, sendRaw } from '../../consumer/log/kafka/kafkajs-internals.ts'
import { Nodes } from '../../consumer/log/kafka/nodes.ts'

/** A server on the IPv6 loopback that takes a connection and says nothing. */
async function listening(): Promise<{ address: string; connected: Promise<unknown>; close: () => void }> {
  const server = createServer((socket) => socket.destroy())
  server.listen(0, '::1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { address: `[::1]:${port}`, connected: once(server, 'connection'), close: () => server.close() }
}

const connection = (address: string) => ({ brokers: [address], clientId: 'test', tls: undefined, sasl: undefined })

test.each([
  ['requests of its own', (address: string) => new Nodes(connection(address), 1_000).any()],
  ['producing and administration', (address: string) => kafkaClient(connection(address)).admin().connect()],
  [
    'the membership',
    (address: string) =>
      newGroupMembership({
        connection: connection(address),
        group: 'group',
        topic: 'topic',
        sessionTimeoutMs: 1_000,
        rebalanceTimeoutMs: 1_000,
        protocol: 'test',
        userData: () => Buffer.alloc(0),
        assign: async () => new Map(),
      }).connect(),
  ],
])('an IPv6 address of a broker is dialled for %s', async (_, dial) => {
  const { address, connected, close } = await listening()
  const dialled = dial(address)
  await connected
  await expect(dialled).rejects.toThrow()
  close()
})

test('requests that come at once before a connection is open open one', async () => {
  const server = createServer((socket) => socket.resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let connections = 0
  server.on('connection', () => connections++)
  const { port } = server.address() as AddressInfo
  const broker = await newBroker({ host: '127.0.0.1', port }, credentialsOf(connection('unused:1')), 500)
  const fetches = [1, 2, 3].map(() =>
    sendRaw(broker, { apiKey: 1, apiName: 'Fetch', apiVersion: 13, body: Buffer.alloc(0), decode: () => undefined }),
  )
  await Promise.allSettled(fetches)
  expect(connections).toBe(1)
  await broker.disconnect()
  server.close()
})
