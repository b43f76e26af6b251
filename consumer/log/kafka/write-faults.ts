/** What a failed request to store a batch means for it. */
export type WriteFault =
  /** The broker has it from an earlier attempt. */
  | 'stored'
  /** It was not stored, and will not be at this size. */
  | 'too_large'
  /** The same batch under the same sequence numbers may be sent again, whatever became of this attempt. */
  | 'try_again'
  /** No trying again will mend it. */
  | 'refused'

const STORED = 'DUPLICATE_SEQUENCE_NUMBER'
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
/** Mistakes of this program, which waiting would only hide. */
const BUGS = [TypeError, RangeError, ReferenceError]

export function writeFaultOf(error: unknown): WriteFault {
  const { name, type, retriable } = error as { name?: string; type?: string; retriable?: boolean }
  if (type === STORED) return 'stored'
  if (type !== undefined && TOO_LARGE.has(type)) return 'too_large'
  if (BUGS.some((kind) => error instanceof kind)) return 'refused'
  return isAnswer(name) && retriable === false ? 'refused' : 'try_again'
}

/** Whether a broker answered at all: the connection is good, then. */
export const wasAnswered = (error: unknown): boolean => isAnswer((error as Error).name)

const isAnswer = (name: string | undefined): boolean => name === 'KafkaJSProtocolError'
