import type { FileRecord, RecordSplitter } from '../../consumer/files/record.ts'

export interface FoundRecord {
  position: number
  text: string
}

const found = ({ bytes, start, end, position }: FileRecord): FoundRecord => ({
  position,
  text: Buffer.from(bytes.subarray(start, end)).toString(),
})

/** What the splitter makes of `content` when it arrives in chunks of these sizes, the last one repeated. */
export function split(splitter: RecordSplitter, content: string | Uint8Array, chunkSizes: number[]): FoundRecord[] {
  const bytes = Buffer.from(content)
  const records: FileRecord[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = chunkSizes[Math.min(turn, chunkSizes.length - 1)]!
    // A copy with other bytes around it: a view that reaches over the chunk's edge must not go unnoticed.
    const around = Buffer.concat([Buffer.from('"x,\n'), bytes.subarray(at, at + size), Buffer.from('"x,\n')])
    records.push(...splitter.push(around.subarray(4, -4)))
    at += size
  }
  return [...records, ...splitter.end()].map(found)
}

export const textsOf = (records: readonly FoundRecord[]): string[] => records.map(({ text }) => text)

export async function recordsOf(batches: AsyncIterable<readonly FileRecord[]>): Promise<FoundRecord[]> {
  const records: FoundRecord[] = []
  for await (const batch of batches) records.push(...batch.map(found))
  return records
}
