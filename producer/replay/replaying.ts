import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Running } from '../../commands/run-until-stopped.ts'
import type { Terminal } from '../../consumer/files/progress.ts'
import type { Settings } from '../../consumer/settings/settings.ts'
import { SpokenFault } from '../../consumer/spoken-fault.ts'
import type { Destination } from '../destination.ts'
import type { Sink } from '../sinks/sink.ts'
import { closingWords } from './closing-words.ts'
import { Outlook } from './outlook.ts'
import type { Prepare } from './prepared-record.ts'
import { type Noted, ProgressNote } from './progress-note.ts'
import type { Reading } from './read-files.ts'
import { type Ending, Replay } from './replay.ts'
import { type SourceFile, sourceFiles } from './source-files.ts'
import { tempoOf } from './tempo.ts'

export type ReplaySettings = Settings<'mostRecords' | 'replaySpeed' | 'replayRate' | 'resume' | 'progressFolder'>

export interface ReplayingOptions extends ReplaySettings {
  readonly paths: readonly string[]
  readonly reading: Reading
  readonly destination: Destination
  /** @param replayId part of the event ids it makes; the same over every interruption */
  readonly preparation: (replayId: string) => Prepare
  readonly print: (line: string) => void
  /** Where it shows how it gets on. */
  readonly terminal: Terminal
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
}

/** Receivers that do not answer may not hold up the end: whoever stops a container kills it soon after. */
const LONGEST_STOP_MS = 5_000
const NOTE_EVERY_MS = 1_000
const BEGINNING = { file: 0, records: 0 }

/**
 * Replays files until all is sent or it is stopped. What fails is said and tried again, with the same records.
 * @throws {UnreadableFile} when a file cannot be opened
 * @throws {SinkRefused} when the destination cannot be opened
 * @throws when it cannot be resumed, with the reason
 */
export async function startReplaying(options: ReplayingOptions): Promise<Running> {
  const { paths, destination, resume, print } = options
  const files = await sourceFiles(paths)
  const note = noteFor(files, options)
  if (resume && note === undefined) {
    throw new Error('what comes through a pipe cannot be read again: leave --resume out, or name files')
  }
  const noted = resume ? note?.read() : undefined
  if (noted?.isDone) {
    print(`all of it was replayed to ${destination.inWords} before; leave --resume out to replay it again`)
    return { finished: Promise.resolve(), stop: async () => {} }
  }
  if (resume)
    print(noted === undefined ? 'nothing is noted of this replay: it begins at the start' : goingOn(files, noted))
  const begun = noted ?? newReplay()
  const sink = await destination.open({
    sources: paths,
    keeping: hasStored(begun),
    // Killed in between, it must not be resumed where an earlier one was: of that nothing is left.
    beforeReplacing: () => note?.save(begun),
  })
  try {
    return runReplay(options, { files, note, sink, noted: begun })
  } catch (error) {
    await sink.close()
    throw error
  }
}

const newReplay = (): Noted => ({ id: randomBytes(8).toString('hex'), position: BEGINNING, isDone: false })

const hasStored = ({ position: { file, records } }: Noted): boolean => file > 0 || records > 0

/** Undefined where a file cannot be read a second time. */
function noteFor(
  files: readonly SourceFile[],
  { reading, destination, progressFolder }: ReplayingOptions,
): ProgressNote | undefined {
  const versions = files.flatMap(({ version }) => version ?? [])
  if (versions.length < files.length) return undefined
  const { format, columns } = reading
  return new ProgressNote(progressFolder, {
    files: versions,
    destination: destination.inWords,
    reading: { format, columns },
  })
}

function goingOn(files: readonly SourceFile[], { position: { file, records } }: Noted): string {
  return `going on behind record ${records} of ${files[file]!.path}, file ${file + 1} of ${files.length}`
}

interface Begun {
  readonly files: readonly SourceFile[]
  readonly note: ProgressNote | undefined
  readonly sink: Sink
  readonly noted: Noted
}

function runReplay(options: ReplayingOptions, { files, note, sink, noted }: Begun): Running {
  const { destination, preparation, print, terminal, steadyNow, mostRecords: limit } = options
  const tempo = tempoOf(options.replaySpeed, options.replayRate)
  const stopping = new AbortController()
  const startedAtMs = steadyNow()
  const trouble = new SpokenFault(steadyNow)
  let notedAtMs = Number.NEGATIVE_INFINITY
  let namedRejections = 0
  let ending: Ending | undefined
  let endedAtMs: number | undefined

  const remember = (isDone = false): void => {
    note?.save({ id: noted.id, position: replay.stored, isDone })
    notedAtMs = steadyNow()
  }
  const outlook = new Outlook({ terminal, sent: () => replay.sent, steadyNow })
  const replay = new Replay({
    reading: {
      ...options.reading,
      files,
      from: noted.position,
      onFile: (path) => outlook.begin(path),
      onProgress: outlook.read,
    },
    prepare: preparation(noted.id),
    tempo,
    sink,
    limit,
    steadyNow,
    onStored() {
      trouble.over()
      const rejections = sink.rejections?.first ?? []
      for (const rejection of rejections.slice(namedRejections)) outlook.say(`rejected, ${rejection}`)
      namedRejections = rejections.length
      if (steadyNow() - notedAtMs >= NOTE_EVERY_MS) remember()
    },
    onTrouble(error) {
      const fault = error instanceof Error ? error.message : String(error)
      if (trouble.met(error)) outlook.say(`sending failed: ${fault}; trying the same records again`)
    },
    onWait(durationMs) {
      remember()
      outlook.say(`the next record is due in ${Math.round(durationMs / 1_000)} s`)
    },
  })
  // The ids must be the same after a crash, however early it comes.
  remember()
  print(`replaying ${inWords(files)} to ${destination.inWords}, ${tempo.inWords}. Ctrl-C stops.`)

  const finished = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<Error>()
  const ended = replay
    .run(stopping.signal)
    .finally(() => {
      endedAtMs = steadyNow()
    })
    .then(
      (why) => {
        ending = why
        finished.resolve()
      },
      (error) => failed.resolve(error),
    )
  async function stop(): Promise<void> {
    stopping.abort()
    sink.stopWaiting()
    await Promise.race([ended.then(() => sink.close()), sleep(LONGEST_STOP_MS, undefined, { ref: false })])
    outlook.end()
    remember(ending === 'all')
    print(
      closingWords({
        ending,
        sent: replay.sent,
        elapsedMs: (endedAtMs ?? steadyNow()) - startedAtMs,
        omitted: replay.omitted,
        rejected: sink.rejections?.total,
        unconfirmed: sink.unconfirmed,
        crowdedOut: sink.crowdedOut ?? 0,
        canResume: note !== undefined,
      }),
    )
  }
  let stopped: Promise<void> | undefined
  return {
    finished: finished.promise,
    failed: failed.promise,
    // What is stopped by a signal has finished as well: it ends once.
    stop: () => (stopped ??= stop()),
  }
}

function inWords(files: readonly SourceFile[]): string {
  if (files.length > 1) return `${files.length} files`
  return files[0]!.path === '-' ? 'standard input' : files[0]!.path
}
