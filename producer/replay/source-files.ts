import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { refused, UnreadableFile } from '../../consumer/files/unreadable-file.ts'

/** A file to be replayed, as it was when the replay began. */
export interface SourceFile {
  /** As it was named; `-` is standard input. */
  readonly path: string
  /** What it is recognised by later; undefined where it can be read only once, as a pipe. */
  readonly version: FileVersion | undefined
}

export interface FileVersion {
  readonly path: string
  readonly bytes: number
  readonly modifiedMs: number
}

/**
 * Looks at every file before the first is read: half a replay helps nobody.
 * @throws {UnreadableFile} when one is missing, forbidden, a directory or an address
 */
export async function sourceFiles(paths: readonly string[]): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = []
  for (const path of paths) files.push({ path, version: path === '-' ? undefined : await versionOf(path) })
  return files
}

async function versionOf(path: string): Promise<FileVersion | undefined> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new UnreadableFile(path, 'is an address, not a file; fetch it first (curl -O), then name the file')
  }
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' })
    if (!stats.isFile()) return undefined
    await (await open(path)).close()
    return { path: resolve(path), bytes: stats.size, modifiedMs: stats.mtimeMs }
  } catch (error) {
    throw refused(path, error as NodeJS.ErrnoException)
  }
}
