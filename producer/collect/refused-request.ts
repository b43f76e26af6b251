import type { REFUSAL_REASONS } from './refusal-reasons.ts'

export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Why a request is not served: a word for programs, counted under it, and a sentence with the fix for people. */
export class RefusedRequest extends Error {
  /** HTTP status, 400 to 599. */
  readonly status: number
  readonly reason: RefusalReason
  /** When to try again, seconds; undefined when trying again is of no use. */
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, reason: RefusalReason, fix: string, retryAfterSeconds?: number) {
    super(fix)
    this.name = 'RefusedRequest'
    this.status = status
    this.reason = reason
    this.retryAfterSeconds = retryAfterSeconds
  }
}
