import { REASON_HELP } from '../../consumer/reason-help.ts'
import type { RecordFault } from './collected-record.ts'

/** Of the records that are not taken so many are named: a faulty sender has the same fault in all of them. */
const NAMED = 100

export interface BatchAnswer {
  readonly status: number
  readonly document: Readonly<Record<string, unknown>>
}

/** What a batch is answered with whose good records the log has. `accepted` counts the duplicates in. */
export function batchAnswer(accepted: number, duplicates: number, faults: readonly RecordFault[]): BatchAnswer {
  const allRejected = accepted === 0 && faults.length > 0
  return {
    status: allRejected ? 422 : 200,
    document: {
      status: allRejected ? 'rejected' : 'accepted',
      processed: accepted,
      ...(duplicates > 0 && { duplicates }),
      ...(faults.length > 0 && {
        rejected: faults.slice(0, NAMED).map(({ index, reason }) => ({ index, reason, fix: REASON_HELP[reason] })),
        rejected_total: faults.length,
      }),
    },
  }
}
