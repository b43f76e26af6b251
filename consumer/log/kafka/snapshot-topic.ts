import { randomUUID } from 'node:crypto'
import type { Producer } from 'kafkajs'
import type { Nodes } from './nodes.ts'
import { readRange, topicBounds } from './topic-access.ts'
import type { TopicView } from './topic-view.ts'

/** A snapshot's place: its chunks lie between the offsets, perhaps among others' records. */
interface Blob {
  readonly partition: number
  readonly first: number
  readonly last: number
  readonly chunks: number
  readonly id: string
}

const POINTER = /^(\d+):(\d+)-(\d+):(\d+):([\w-]+)$/

const toPointer = ({ partition, first, last, chunks, id }: Blob): string =>
  `${partition}:${first}-${last}:${chunks}:${id}`

function fromPointer(pointer: string): Blob | undefined {
  const [, partition, first, last, chunks, id] = POINTER.exec(pointer) ?? []
  if (id === undefined) return undefined
  return { partition: Number(partition), first: Number(first), last: Number(last), chunks: Number(chunks), id }
}

/**
 * Snapshots of partitions as records of a compacted topic, a chunk each. Keys are never used twice, so that nobody can
 * overwrite a snapshot that a position names; what no position names any more is deleted by tombstones.
 */
export class SnapshotTopic {
  readonly #nodes: Nodes
  readonly #view: TopicView
  readonly #producer: Producer
  readonly #sourceTopic: string
  /** By source partition: the snapshot named last, and how far its partition has been looked through for others. */
  readonly #kept = new Map<number, Blob>()

  constructor(nodes: Nodes, view: TopicView, producer: Producer, sourceTopic: string) {
    this.#nodes = nodes
    this.#view = view
    this.#producer = producer
    this.#sourceTopic = sourceTopic
  }

  async write(sourcePartition: number, chunks: readonly Uint8Array[]): Promise<string> {
    const id = randomUUID()
    const places: { partition: number; offset: number }[] = []
    for (const [index, chunk] of chunks.entries()) {
      // One record, one batch: together they would be larger than a broker takes.
      const [written] = await this.#producer.send({
        topic: this.#view.topic,
        acks: -1,
        messages: [
          { key: this.#keyOf(sourcePartition, id, index), value: Buffer.from(chunk), partition: sourcePartition },
        ],
      })
      places.push({ partition: written!.partition, offset: Number(written!.baseOffset) })
    }
    const { partition } = places[0]!
    if (places.some((place) => place.partition !== partition)) {
      throw new Error(`topic ${this.#view.topic} got other partitions while a snapshot was being written`)
    }
    const offsets = places.map(({ offset }) => offset)
    return toPointer({ partition, first: Math.min(...offsets), last: Math.max(...offsets), chunks: chunks.length, id })
  }

  async read(sourcePartition: number, pointer: string): Promise<readonly Uint8Array[] | undefined> {
    const blob = fromPointer(pointer)
    if (blob === undefined) return undefined
    const { partition, first, last, chunks: count, id } = blob
    await this.#view.refresh()
    // Created anew with fewer, the topic holds nothing of what was there.
    if (!(await this.#view.current()).partitions.has(partition)) return undefined
    const chunks: Uint8Array[] = []
    for await (const record of readRange(this.#nodes, this.#view, partition, first, last + 1)) {
      const { bytes, start, end, keyStart, keyEnd, tombstone } = record
      const key = Buffer.from(bytes.subarray(keyStart, keyEnd)).toString()
      const index = Number(key.slice(key.lastIndexOf('/') + 1))
      if (!tombstone && key === this.#keyOf(sourcePartition, id, index)) chunks[index] = bytes.subarray(start, end)
    }
    return chunks.filter((chunk) => chunk !== undefined).length === count ? chunks : undefined
  }

  /** The named one is kept; those that a crash or a fenced owner left behind are found by looking at what lies before. */
  async dropAllBut(sourcePartition: number, pointer: string): Promise<void> {
    const blob = fromPointer(pointer)
    if (blob === undefined) return
    const kept = this.#kept.get(sourcePartition)
    if (kept?.id === blob.id) return
    const looked = kept !== undefined && kept.partition === blob.partition
    const from = looked ? kept.last + 1 : (await topicBounds(this.#nodes, this.#view, blob.partition)).startOffset
    const dropped = await this.#keysBetween(sourcePartition, blob.partition, from, blob.first)
    if (looked)
      for (let index = 0; index < kept.chunks; index++) dropped.add(this.#keyOf(sourcePartition, kept.id, index))
    if (dropped.size > 0) {
      const messages = [...dropped].map((key) => ({ key, value: null, partition: blob.partition }))
      await this.#producer.send({ topic: this.#view.topic, acks: -1, messages })
    }
    this.#kept.set(sourcePartition, blob)
  }

  async #keysBetween(sourcePartition: number, partition: number, from: number, to: number): Promise<Set<string>> {
    const keys = new Set<string>()
    const own = `${this.#sourceTopic}/${sourcePartition}/`
    for await (const { bytes, keyStart, keyEnd, tombstone } of readRange(
      this.#nodes,
      this.#view,
      partition,
      from,
      to,
    )) {
      const key = Buffer.from(bytes.subarray(keyStart, keyEnd)).toString()
      if (!key.startsWith(own)) continue
      if (tombstone) keys.delete(key)
      else keys.add(key)
    }
    return keys
  }

  #keyOf(sourcePartition: number, id: string, index: number): string {
    return `${this.#sourceTopic}/${sourcePartition}/${id}/${index}`
  }
}
