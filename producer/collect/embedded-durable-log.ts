import type { DurableLog } from '../../consumer/contract/durable-log.ts'
import type { EmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'

/**
 * The log of this process. An append is one transaction, and one that rejects has stored nothing, unless the disk failed
 * just while it was confirmed; the next one tries again. Whoever opened the log closes it.
 */
export function embeddedDurableLog(log: Pick<EmbeddedLog, 'append'>): DurableLog {
  let trouble: string | undefined
  return {
    get trouble() {
      return trouble
    },
    async append(records) {
      try {
        await log.append(records)
        trouble = undefined
      } catch (error) {
        trouble = (error as Error).message
        throw error
      }
    },
    async close() {},
  }
}
