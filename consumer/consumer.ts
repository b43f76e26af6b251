import type { Assignment, Position } from './contract/log-port.ts'
import type { DeliveryMetrics, PartitionStatus } from './expose/delivery-metrics.ts'
import type { CommittedCapture } from './expose/scrape.ts'
import type { PartitionCapture } from './expose/state-families.ts'
import { KeySample } from './key-sample.ts'
import { type FollowingOptions, PartitionFollower } from './partition-follower.ts'
import { SpokenFault } from './spoken-fault.ts'
import { Turns } from './turns.ts'
import { within } from './within.ts'

/** Positions are committed this often even when nobody scrapes, for whoever watches lag. */
const COMMIT_INTERVAL_MS = 5_000
/** A rebalance refuses commits for a moment; longer is worth saying in /-/ready. */
const COMMITS_FAIL_MS = 10_000
/** What stops a process waits half a minute as a rule, and then kills it. */
const LONGEST_SAVE_MS = 15_000
const LONGEST_LEAVE_MS = 5_000

/** Follows every assigned partition of a log and commits before anything is exposed. */
export class Consumer {
  readonly #options: FollowingOptions
  readonly #turns = new Turns()
  readonly #keySample = new KeySample()
  readonly #identities = new Map<number, string>()
  readonly #commitFault: SpokenFault
  #metrics: DeliveryMetrics | undefined
  #assignment: Assignment | undefined
  /** How many there were. */
  #assignments = 0
  #heldSince: ReadonlyMap<number, number> = new Map()
  #followers: readonly PartitionFollower[] = []
  #committing: NodeJS.Timeout | undefined
  /** Captures that are under way, and since when none has come to an end. */
  #capturing = 0
  #capturingSinceMs = 0
  #topicPartitions: number | undefined
  #trouble: string | undefined
  #stopped = false

  constructor(options: FollowingOptions) {
    this.#options = options
    this.#commitFault = new SpokenFault(options.steadyNow)
  }

  /** Joins the log and begins to follow what it assigns. `onRefused` hears of what waiting will not mend. */
  async start(metrics: DeliveryMetrics, onRefused: (why: Error) => void): Promise<void> {
    this.#metrics = metrics
    await this.#options.log.join((assignment) => this.#assigned(assignment), onRefused)
    this.#committing = setInterval(() => {
      this.#sayTrouble()
      // One that gets no answer is not joined by another each time.
      if (this.#capturing === 0) this.capture().catch(() => undefined)
    }, COMMIT_INTERVAL_MS)
  }

  get statuses(): readonly PartitionStatus[] {
    return this.#followers.map((follower) => follower.status)
  }

  /** Why the numbers are not all there yet; empty when they are. */
  get waitingFor(): readonly string[] {
    if (this.#stopped) return ['the process is stopping']
    const { waitingFor } = this.#options.log
    if (waitingFor !== undefined) return [waitingFor]
    if (this.#assignment === undefined) return ['no partitions are assigned yet']
    const waits = new Map<string, number[]>()
    for (const { partition, waitingFor: why } of this.#followers) {
      if (why !== undefined) waits.set(why, [...(waits.get(why) ?? []), partition])
    }
    const reasons = [...waits].map(([why, partitions]) => {
      return `${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')}: ${why}`
    })
    const commitTrouble = this.#commitTrouble()
    return commitTrouble === undefined ? reasons : [...reasons, `nothing can be committed: ${commitTrouble}`]
  }

  #commitTrouble(): string | undefined {
    if (this.#commitFault.lastsMs > COMMITS_FAIL_MS) return this.#commitFault.text
    const unansweredMs = this.#capturing > 0 ? this.#options.steadyNow() - this.#capturingSinceMs : 0
    return unansweredMs > COMMITS_FAIL_MS ? `no answer for ${Math.round(unansweredMs / 1_000)} s` : undefined
  }

  /** Number of the assignment since which the partition is this process's, as far as it knows; undefined if it is not. */
  heldSince(partition: number): number | undefined {
    return this.#heldSince.get(partition)
  }

  /**
   * Copies all partitions' numbers at once and commits their positions, which is also the check that they are still
   * ours. Only when the commit has succeeded may the copy be shown.
   * @throws {CommitFailed} or whatever kept the dead letters from being stored
   */
  async capture(): Promise<CommittedCapture> {
    if (this.#capturing === 0) this.#capturingSinceMs = this.#options.steadyNow()
    this.#capturing += 1
    try {
      const capture = await this.#turns.take(() => this.#captureAndCommit())
      this.#commitFault.over()
      return capture
    } catch (error) {
      if (this.#commitFault.met(error)) {
        this.#options.logger.warn({ err: error }, 'committing failed: the last committed numbers are shown')
      }
      throw error
    } finally {
      this.#capturing -= 1
      this.#capturingSinceMs = this.#options.steadyNow()
    }
  }

  /**
   * Stops following, saves every partition's state at its position, and leaves the log.
   * @throws {AggregateError} when a state could not be saved; everything else is done all the same
   */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#committing)
    const saves = this.#followers.map((follower) => within(LONGEST_SAVE_MS, follower.stop()))
    const stops = await Promise.allSettled(saves)
    const failures = stops.filter((stop) => stop.status === 'rejected').map(({ reason }) => reason)
    for (const reason of failures) this.#options.logger.error({ err: reason }, 'saving the state failed')
    await within(LONGEST_LEAVE_MS, this.#options.log.leave()).catch(() => undefined)
    if (failures.length > 0) {
      const said = `the state of ${failures.length} partitions could not be saved`
      throw new AggregateError(failures, `${said}: the next start replays them from their last snapshot`)
    }
  }

  async #captureAndCommit(): Promise<CommittedCapture> {
    const assignment = this.#assignment
    const number = this.#assignments
    const partitions: PartitionCapture[] = []
    const positions = new Map<number, Position>()
    for (const follower of this.#followers) {
      const capture = follower.capture()
      const position = follower.position()
      if (capture === undefined || position === undefined) continue
      partitions.push(capture)
      positions.set(follower.partition, position)
    }
    await Promise.all(this.#followers.map((follower) => follower.flushLetters()))
    const sentAtMs = this.#options.steadyNow()
    if (assignment !== undefined && positions.size > 0) await this.#commit(assignment, positions)
    return { partitions, sentAtMs, assignment: number }
  }

  #assigned(assignment: Assignment): void {
    if (this.#stopped) return
    if (this.#assignment !== undefined) this.#metrics!.rebalanced()
    this.#assignment = assignment
    const number = ++this.#assignments
    const held = this.#heldSince
    this.#heldSince = new Map(assignment.partitions.map((partition) => [partition, held.get(partition) ?? number]))
    this.#warnOfMorePartitions()
    this.#options.logger.info({ partitions: assignment.partitions }, 'partitions assigned')
    const context = {
      ...this.#options,
      metrics: this.#metrics!,
      commit: this.#commit,
      keySample: this.#keySample,
      turns: this.#turns,
      identities: this.#identities,
    }
    const before = new Map(this.#followers.map((follower) => [follower.partition, follower]))
    this.#followers = assignment.partitions.map(
      (partition) => new PartitionFollower(context, assignment, partition, before.get(partition)),
    )
    for (const follower of this.#followers) follower.start()
  }

  /** What the log waits for, once; and that it is over. */
  #sayTrouble(): void {
    const { log, logger } = this.#options
    const { waitingFor } = log
    if (waitingFor === this.#trouble) return
    this.#trouble = waitingFor
    if (waitingFor === undefined) logger.warn('the log can be read again')
    else logger.warn(`waiting: ${waitingFor}`)
  }

  #warnOfMorePartitions(): void {
    const { log, logger } = this.#options
    const before = this.#topicPartitions
    this.#topicPartitions = log.topicPartitions
    if (before === undefined || this.#topicPartitions === before) return
    logger.warn(
      { before, now: this.#topicPartitions },
      'the topic has another number of partitions: users move between them, and their open sessions are cut once',
    )
  }

  readonly #commit = async (assignment: Assignment, positions: ReadonlyMap<number, Position>): Promise<void> => {
    try {
      await this.#options.log.commit(assignment, positions)
      this.#metrics!.committed()
    } catch (error) {
      this.#metrics!.commitFailed()
      throw error
    }
  }
}
