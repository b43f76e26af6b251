import { AUTO_RECOGNITION, BUILT_IN_DIALECTS, type Dialect, EVENT_FIELDS } from '../consumer/contract/dialects.ts'

const DIALECTS: readonly Dialect[] = Object.values(BUILT_IN_DIALECTS)

/** Markdown: where each built-in dialect has each field, and by which key `auto` recognises it. */
export function dialectsTable(): string {
  const fieldRows = EVENT_FIELDS.map((field) => [`\`${field}\``, ...DIALECTS.map(({ fields }) => code(fields[field]))])
  const aliases = ({ types }: Dialect): string =>
    Object.entries(types)
      .map(([alias, type]) => `\`${alias}\` is \`${type}\``)
      .join(', ')
  const rows = [
    ['', ...DIALECTS.map(({ name }) => `\`${name}\``)],
    ['---', ...DIALECTS.map(() => '---')],
    ...fieldRows,
    ['time is', ...DIALECTS.map(({ timeFormat }) => timeFormat)],
    ['duration is in', ...DIALECTS.map(({ fields, durationUnit }) => ('duration' in fields ? durationUnit : ''))],
    ['event names beside the contract’s', ...DIALECTS.map(aliases)],
    ['numbers as text', ...DIALECTS.map(({ numbersAsStrings }) => (numbersAsStrings ? 'taken' : 'refused'))],
  ]
  const keys = AUTO_RECOGNITION.map(([key, dialect]) => `\`${key}\` (${dialect})`).join(', ')
  return `${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n\n\`auto\` takes the first of these keys that stands at the top of the record: ${keys}.`
}

const code = (path: string | undefined): string => (path === undefined ? '' : `\`${path}\``)
