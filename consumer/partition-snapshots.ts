import type { Logger } from 'pino'
import type { Assignment } from './contract/log-port.ts'
import { captureState, encodeState } from './core/snapshot-codec.ts'
import type { FollowedState, NamedSnapshot } from './followed-state.ts'
import type { FollowerContext } from './partition-follower.ts'
import { noteToText } from './position-note.ts'
import { inSlices } from './restore.ts'

/** Saves a followed partition's state, so that a restore has little to replay. */
export class PartitionSnapshots {
  readonly #context: FollowerContext
  readonly #assignment: Assignment
  readonly #partition: number
  readonly #logger: Logger
  readonly #flushLetters: () => Promise<void>
  #taking: Promise<void> | undefined
  #triedMs = 0

  /** @param flushLetters is awaited before the commit: whatever lies before a position is stored */
  constructor(
    context: FollowerContext,
    assignment: Assignment,
    partition: number,
    logger: Logger,
    flushLetters: () => Promise<void>,
  ) {
    this.#context = context
    this.#assignment = assignment
    this.#partition = partition
    this.#logger = logger
    this.#flushLetters = flushLetters
  }

  /** The interval begins at that time, epoch milliseconds. */
  tookLast(timeMs: number): void {
    this.#triedMs = timeMs
  }

  /** Begins to take one when the interval has passed and there is something new in it. */
  takeWhenDue(state: FollowedState): void {
    const { now, snapshotIntervalMs } = this.#context
    if (!state.changed || this.#taking !== undefined) return
    const sinceMs = now() - this.#triedMs
    if (sinceMs >= 0 && sinceMs < snapshotIntervalMs) return
    this.#taking = this.take(state)
      .catch((error) => {
        state.changed = true
        if (this.#assignment.lost.aborted) return
        this.#logger.error({ err: error }, 'taking a snapshot failed; trying again at the next interval')
      })
      .finally(() => {
        this.#taking = undefined
      })
  }

  /** Resolves when none is being taken. */
  async settled(): Promise<void> {
    await this.#taking
  }

  /**
   * Copies the state, stores it, names it in a commit, and only then deletes the older ones: whatever the committed
   * position names exists.
   */
  async take(state: FollowedState): Promise<void> {
    const { commit, log, metrics, now, turns } = this.#context
    const startedMs = now()
    const { offset } = state
    this.#triedMs = startedMs
    state.changed = false
    const capture = captureState(state.pipeline.state, state.pipeline.options, offset)
    const chunks: Uint8Array[] = []
    await inSlices(collect(encodeState(capture), chunks))
    const pointer = await log.writeSnapshot(this.#partition, chunks)
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    await turns.take(async () => {
      // Entries at the snapshot's own offset may have come after it; applied twice they change nothing.
      const journal = state.journal.filter((entry) => entry.offset >= offset)
      const snapshot: NamedSnapshot = { pointer, offset, takenAtMs: startedMs, bytes }
      const metadata = noteToText({ snapshot: pointer, snapshotOffset: offset, journal, log: state.identity })
      // Before the letters are stored: records go on being processed meanwhile, and theirs would be missing.
      const position = { offset: state.offset, metadata }
      await this.#flushLetters()
      state.maybeSnapshot = snapshot
      await commit(this.#assignment, new Map([[this.#partition, position]]))
      state.snapshot = snapshot
      state.maybeSnapshot = undefined
      state.journal = journal
    })
    await log.dropSnapshotsExcept(this.#partition, pointer)
    metrics.snapshotTook((now() - startedMs) / 1000)
  }
}

function* collect<Item>(items: Generator<Item>, into: Item[]): Generator<void, void> {
  for (const item of items) {
    into.push(item)
    yield
  }
}
