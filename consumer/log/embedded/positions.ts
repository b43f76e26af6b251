import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Position } from '../../contract/log-port.ts'

/** Kafka's own limit for what is stored with an offset; kept here so that what works embedded works there. */
const METADATA_BYTES = 4_096

/** The committed positions of one consumer group. */
export class Positions {
  readonly #group: string
  readonly #all: StatementSync
  readonly #save: StatementSync

  constructor(database: DatabaseSync, group: string) {
    this.#group = group
    this.#all = database.prepare('SELECT partition, offset, metadata FROM positions WHERE consumer_group = ?')
    this.#save = database.prepare(
      `INSERT INTO positions (consumer_group, partition, offset, metadata) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET offset = excluded.offset, metadata = excluded.metadata`,
    )
  }

  ofPartitions(partitions: readonly number[]): ReadonlyMap<number, Position> {
    const rows = this.#all.all(this.#group) as unknown as (Position & { partition: number })[]
    return new Map(
      rows
        .filter(({ partition }) => partitions.includes(partition))
        .map(({ partition, offset, metadata }) => [partition, { offset, metadata }]),
    )
  }

  save(positions: ReadonlyMap<number, Position>): void {
    for (const [partition, { offset, metadata }] of positions) {
      this.#save.run(this.#group, partition, offset, metadata)
    }
  }
}

/** Why the position cannot be stored, if it cannot. */
export function positionFault(partition: number, { metadata }: Position): string | undefined {
  const bytes = Buffer.byteLength(metadata)
  if (bytes <= METADATA_BYTES) return undefined
  return `metadata of partition ${partition} is ${bytes} bytes, at most ${METADATA_BYTES} are kept; write a new snapshot`
}
