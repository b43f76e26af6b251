import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../consumer/make-folder.ts'
import type { FileVersion } from './source-files.ts'

/** What is replayed, and how it is read: the same again is the same replay. */
export interface ReplayedWhat {
  readonly files: readonly FileVersion[]
  /** In words, as a destination calls itself. */
  readonly destination: string
  /** Settings that decide which records the files hold. */
  readonly reading: Readonly<Record<string, unknown>>
}

/** How far a replay has come: everything before is known to be stored. */
export interface Position {
  /** Index of a file, from 0. */
  readonly file: number
  /** Records of that file. */
  readonly records: number
}

/** What is noted of a replay. */
export interface Noted {
  /** Part of the event ids it makes: going on must make the same ones. */
  readonly id: string
  readonly position: Position
  readonly isDone: boolean
}

const count = z.number().int().nonnegative()
const NOTE = z.object({
  id: z.string().min(1),
  position: z.object({ file: count, records: count }),
  isDone: z.boolean(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), modifiedMs: z.number() })),
})

/** The file that keeps how far one replay has come. */
export class ProgressNote {
  readonly path: string
  readonly #folder: string
  readonly #files: readonly FileVersion[]

  constructor(folder: string, { files, destination, reading }: ReplayedWhat) {
    const what = JSON.stringify([files.map(({ path }) => path), destination, reading])
    this.#folder = folder
    this.#files = files
    this.path = join(folder, `${createHash('sha256').update(what).digest('hex').slice(0, 16)}.json`)
  }

  /**
   * Undefined when nothing is noted.
   * @throws when a file is not the one any more that was replayed, or the note cannot be read
   */
  read(): Noted | undefined {
    const text = this.#text()
    if (text === undefined) return undefined
    const note = NOTE.safeParse(parsed(text)).data
    if (note === undefined) {
      throw new Error(`${this.path} does not say how far a replay has come; delete it, and replay without --resume`)
    }
    for (const [index, { path, bytes, modifiedMs }] of this.#files.entries()) {
      const before = note.files[index]
      if (before?.bytes === bytes && before.modifiedMs === modifiedMs) continue
      throw new Error(
        `${path} has changed since it was replayed, so nobody knows where to go on; replay it anew, without --resume`,
      )
    }
    return note
  }

  /** Replaces what was noted, in one step. @throws when the folder cannot be written */
  save(noted: Noted): void {
    const unfinished = `${this.path}.${process.pid}.new`
    try {
      makeFolder(this.#folder)
      writeFileSync(unfinished, JSON.stringify({ ...noted, files: this.#files }), { flush: true })
      renameSync(unfinished, this.path)
    } catch (error) {
      throw this.#fault('written', error)
    }
  }

  #text(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw this.#fault('read', error)
    }
  }

  #fault(doing: string, error: unknown): Error {
    const fix = 'let this user write the folder, or choose another with --progress-folder'
    return new Error(`${this.path} cannot be ${doing} (${(error as Error).message}); ${fix}`, { cause: error })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
