import { DROP_REASONS, REJECT_REASONS } from '../consumer/contract/outcome.ts'
import { REASON_HELP } from '../consumer/reason-help.ts'
import { asMarkdown } from './configuration-table.ts'

/** Markdown: every reason why a record does not count, and what to do about it. */
export function reasonsTable(): string {
  const rows = (reasons: readonly (keyof typeof REASON_HELP)[], counted: string): string[] =>
    reasons.map((reason) => `| \`${reason}\` | ${counted} | ${asMarkdown(REASON_HELP[reason])} |`)
  return [
    '| reason | the record is | why, and what to do |',
    '| --- | --- | --- |',
    ...rows(DROP_REASONS, 'dropped'),
    ...rows(REJECT_REASONS, 'rejected'),
  ].join('\n')
}
