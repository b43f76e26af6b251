import type { KafkaConnection } from './kafka-options.ts'
import { type Broker, credentialsOf, newBroker } from './kafkajs-internals.ts'

export interface NodeAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/**
 * Connections of one purpose to the nodes of a cluster, made when first asked for. Purposes have their own, because a
 * broker answers the requests of a connection in their order: one that waits holds up those behind it.
 */
export class Nodes {
  readonly #connection: KafkaConnection
  readonly #requestTimeoutMs: number
  readonly #brokers = new Map<string, Promise<Broker>>()
  #known: readonly NodeAddress[] = []
  #coordinator: NodeAddress | undefined
  #closed = false

  /** @param requestTimeoutMs after which a request counts as failed, its outcome unknown */
  constructor(connection: KafkaConnection, requestTimeoutMs: number) {
    this.#connection = connection
    this.#requestTimeoutMs = requestTimeoutMs
  }

  /** Where the nodes are now, from the cluster itself. */
  learn(addresses: readonly NodeAddress[]): void {
    this.#known = addresses
  }

  /** The node, connected. @throws when it is not known or cannot be reached */
  async node(nodeId: number): Promise<Broker> {
    const address = this.#known.find((known) => known.nodeId === nodeId)
    if (address === undefined) throw new Error(`node ${nodeId} is none of the cluster's known nodes`)
    return this.at(address)
  }

  /** The broker at the address, connected. */
  async at({ host, port }: { host: string; port: number }): Promise<Broker> {
    if (this.#closed) throw new Error('the connections to Kafka are closed')
    const name = `${host}:${port}`
    let opening = this.#brokers.get(name)
    if (opening === undefined) {
      opening = newBroker({ host, port }, credentialsOf(this.#connection), this.#requestTimeoutMs)
      this.#brokers.set(name, opening)
    }
    const broker = await opening
    if (!broker.isConnected()) await broker.connect()
    return broker
  }

  /** Any node that can be reached: a known one, else one of those given. @throws naming each address and its fault */
  async any(): Promise<Broker> {
    const given = this.#connection.brokers.map((address) => {
      const colon = address.lastIndexOf(':')
      const host = address.slice(0, colon).replace(/^\[(.+)\]$/, '$1')
      return { host, port: Number(address.slice(colon + 1)) }
    })
    const faults: string[] = []
    for (const { host, port } of [...this.#known, ...given]) {
      try {
        return await this.at({ host, port })
      } catch (error) {
        const fault = `${host}:${port} (${(error as Error).message})`
        if (!faults.includes(fault)) faults.push(fault)
      }
    }
    throw new Error(`no broker can be reached: ${faults.join(', ')}`)
  }

  /** The broker that keeps the group's membership and positions, connected. */
  async coordinatorOf(group: string): Promise<Broker> {
    this.#coordinator ??= await this.#findCoordinator(group)
    return this.at(this.#coordinator)
  }

  /** It is another one now, or may be. */
  forgetCoordinator(): void {
    this.#coordinator = undefined
  }

  async leaveGroup(group: string, memberId: string): Promise<void> {
    await (await this.coordinatorOf(group)).leaveGroup({ groupId: group, memberId })
  }

  async #findCoordinator(group: string): Promise<NodeAddress> {
    const broker = await this.any()
    return (await broker.findGroupCoordinator({ groupId: group, coordinatorType: 0 })).coordinator
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([...this.#brokers.values()].map(async (broker) => (await broker).disconnect()))
  }
}
