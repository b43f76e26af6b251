import { isoTime } from '../../consumer/settings/kafka-kinds.ts'
import { choice, type Kind } from '../../consumer/settings/kinds.ts'
import { wholeNumber } from '../../consumer/settings/quantities.ts'
import { suggestion } from '../../consumer/settings/suggestion.ts'
import type { ExportQuery } from './export.ts'
import { EXPORT_FORMATS } from './record-text.ts'
import { RefusedRequest } from './refused-request.ts'

const PARAMETERS = ['format', 'from', 'to', 'limit'] as const
type Parameter = (typeof PARAMETERS)[number]

const format = choice(EXPORT_FORMATS)
const limit = wholeNumber({ atLeast: 1, atMost: 1_000_000_000_000 })

/** What the address asks for: `?format=json|ndjson&from=TIME&to=TIME&limit=NUMBER`. @throws {RefusedRequest} 400 */
export function exportQuery(url: string): ExportQuery {
  const [, text = ''] = /\?(.*)$/s.exec(url) ?? []
  const given = new URLSearchParams(text)
  for (const name of given.keys()) {
    if (PARAMETERS.some((known) => known === name)) continue
    throw refused(
      `${JSON.stringify(name)} is no parameter${suggestion(name, PARAMETERS)}; there are format, from, to and limit`,
    )
  }
  const query = {
    format: valueNamed(given, 'format', format) ?? 'json',
    fromMs: valueNamed(given, 'from', isoTime),
    toMs: valueNamed(given, 'to', isoTime),
    limit: valueNamed(given, 'limit', limit),
  }
  if (query.fromMs !== undefined && query.toMs !== undefined && query.toMs < query.fromMs) {
    throw refused('to: is before from, write a later time')
  }
  return query
}

function valueNamed<T>(given: URLSearchParams, name: Parameter, kind: Kind<T>): T | undefined {
  const [text, ...more] = given.getAll(name)
  if (text === undefined) return undefined
  if (more.length > 0) throw refused(`${name}: stands there twice, take one out`)
  const reading = kind.parse(text)
  if (reading.ok) return reading.value
  // 10:00+01:00 arrives as 10:00 01:00.
  const hint = kind === isoTime && / [\d:]+$/.test(text) ? ' (in an address a + is written %2B)' : ''
  throw refused(`${name}: ${JSON.stringify(text)}: ${reading.fix}${hint}`)
}

const refused = (fix: string): RefusedRequest => new RefusedRequest(400, 'invalid_parameter', fix)
