import type { DurableLog } from '../../consumer/contract/durable-log.ts'

/** The same log; `onAppended` hears how many milliseconds each append took, however it ended. */
export function timedLog(log: DurableLog, steadyNow: () => number, onAppended: (ms: number) => void): DurableLog {
  return {
    async append(records) {
      const startMs = steadyNow()
      try {
        await log.append(records)
      } finally {
        onAppended(steadyNow() - startMs)
      }
    },
    get trouble() {
      return log.trouble
    },
    close: () => log.close(),
  }
}
