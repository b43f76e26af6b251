import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** The snapshots of one consumer group: immutable, each in chunks under a pointer. */
export class Snapshots {
  readonly #group: string
  readonly #nextNumber: StatementSync
  readonly #insert: StatementSync
  readonly #chunks: StatementSync
  readonly #dropOthers: StatementSync

  constructor(database: DatabaseSync, group: string) {
    this.#group = group
    this.#nextNumber = database.prepare(
      'UPDATE log SET snapshots_written = snapshots_written + 1 RETURNING snapshots_written AS number',
    )
    this.#insert = database.prepare(
      'INSERT INTO snapshots (consumer_group, partition, pointer, chunk, bytes) VALUES (?, ?, ?, ?, ?)',
    )
    this.#chunks = database.prepare(
      'SELECT bytes FROM snapshots WHERE consumer_group = ? AND partition = ? AND pointer = ? ORDER BY chunk',
    )
    this.#dropOthers = database.prepare(
      'DELETE FROM snapshots WHERE consumer_group = ? AND partition = ? AND pointer <> ?',
    )
  }

  /** Returns a pointer no snapshot of the file ever had: an old position never finds a newer snapshot under its own. */
  write(partition: number, chunks: readonly Uint8Array[]): string {
    if (chunks.length === 0) throw new RangeError('a snapshot of no chunks could not be told from a lost one')
    const { number } = this.#nextNumber.get() as { number: number }
    const pointer = `s${number}`
    for (const [chunk, bytes] of chunks.entries()) this.#insert.run(this.#group, partition, pointer, chunk, bytes)
    return pointer
  }

  read(partition: number, pointer: string): readonly Uint8Array[] | undefined {
    const rows = this.#chunks.all(this.#group, partition, pointer) as unknown as { bytes: Uint8Array }[]
    return rows.length === 0 ? undefined : rows.map(({ bytes }) => bytes)
  }

  dropExcept(partition: number, pointer: string): void {
    this.#dropOthers.run(this.#group, partition, pointer)
  }
}
