import type { DatabaseSync } from 'node:sqlite'

/** Raise it with every change of the tables: files written before are then refused instead of misread. */
const SCHEMA_VERSION = 1

/** Marks the file as ours ("clks"), so that another program's file is refused before anything is written to it. */
const APPLICATION_ID = 0x636c6b73

/** Blocks of records span many pages; larger ones make chains shorter, at the price of a larger smallest commit. */
const PAGE_BYTES = 16_384

const TABLES = `
  CREATE TABLE log (
    schema_version INTEGER NOT NULL,
    partitions INTEGER NOT NULL CHECK (partitions > 0),
    snapshots_written INTEGER NOT NULL,
    producer_state TEXT
  ) STRICT;
  CREATE TABLE extents (
    partition INTEGER PRIMARY KEY,
    start_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    log_time_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE batches (
    batch INTEGER PRIMARY KEY,
    partition INTEGER NOT NULL,
    base_offset INTEGER NOT NULL,
    count INTEGER NOT NULL,
    log_time_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    block BLOB NOT NULL,
    UNIQUE (partition, base_offset)
  ) STRICT;
  CREATE TABLE positions (
    consumer_group TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (consumer_group, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE snapshots (
    consumer_group TEXT NOT NULL,
    partition INTEGER NOT NULL,
    pointer TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (consumer_group, partition, pointer, chunk)
  ) STRICT;
  CREATE TABLE dead_letters (
    consumer_group TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    reason TEXT NOT NULL,
    log_time_ms INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (consumer_group, partition, offset)
  ) STRICT;
`

/** True when the file is still empty. @throws when it holds anything but a log of so many partitions. */
export function isNewLog(database: DatabaseSync, partitions: number): boolean {
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number }
  if (tables.count === 0) return true
  const mark = database.prepare('PRAGMA application_id').get() as { application_id: number }
  if (mark.application_id !== APPLICATION_ID) {
    throw new Error("it is another program's SQLite file; choose another folder with --data")
  }
  const { version } = database.prepare('SELECT schema_version AS version FROM log').get() as { version: number }
  if (version !== SCHEMA_VERSION) {
    throw new Error(
      `it was written by another version (schema ${version}, this one reads ${SCHEMA_VERSION}); ` +
        'run that version, or choose another folder with --data',
    )
  }
  const stored = database.prepare('SELECT partitions FROM log').get() as { partitions: number }
  if (stored.partitions !== partitions) {
    throw new Error(
      `it has ${stored.partitions} partitions, not ${partitions}: users would move between them; ` +
        `set partitions to ${stored.partitions}, or choose another folder with --data`,
    )
  }
  return false
}

/** The page size is fixed with the first write, and by the journal mode, hence before both. */
export function choosePageSize(database: DatabaseSync): void {
  database.exec(`PRAGMA page_size=${PAGE_BYTES}`)
}

/** All tables in one transaction: a crash in between leaves an empty file, which is a new log again. */
export function createTables(database: DatabaseSync, partitions: number): void {
  database.exec(`BEGIN; PRAGMA application_id=${APPLICATION_ID}; ${TABLES}`)
  database
    .prepare('INSERT INTO log (schema_version, partitions, snapshots_written) VALUES (?, ?, 0)')
    .run(SCHEMA_VERSION, partitions)
  const extent = database.prepare(
    'INSERT INTO extents (partition, start_offset, end_offset, log_time_ms, bytes) VALUES (?, 0, 0, 0, 0)',
  )
  for (let partition = 0; partition < partitions; partition += 1) extent.run(partition)
  database.exec('COMMIT')
}
