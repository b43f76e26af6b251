import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

const LINE_FEED = 0x0a
const STEP_BYTES = 64 * 1024

/**
 * Opens a file of lines to write behind them. A line that a crash cut off is cut away: it is written anew.
 * @throws ENOENT when there is no such file: none is created
 */
export async function openBehindLines(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDWR | constants.O_APPEND)
  try {
    await file.truncate(await endOfLines(file))
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** One past the last line feed; 0 where there is none. */
async function endOfLines(file: FileHandle): Promise<number> {
  const step = Buffer.allocUnsafe(STEP_BYTES)
  for (let end = (await file.stat()).size; end > 0; ) {
    const start = Math.max(0, end - STEP_BYTES)
    const { bytesRead } = await file.read(step, 0, end - start, start)
    const at = step.subarray(0, bytesRead).lastIndexOf(LINE_FEED)
    if (at !== -1) return start + at + 1
    end = start
  }
  return 0
}
