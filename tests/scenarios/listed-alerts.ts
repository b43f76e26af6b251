/** An alert as docs/scenarios.md lists it: its name, and labels by which it is told from others of that name. */
export interface AlertPattern {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

const PLACE = 'docs/scenarios.md'
const ALERTS = '**Alerts**:'

/**
 * What the page promises of every scenario: the list in its line `**Alerts**:` up to the first full stop, such as
 * `BadData{reason="late"}` and others in backticks, or the word none.
 * @param known names of all alerts there are
 * @throws {Error} that names the section and what to write there
 */
export function listedAlerts(
  page: string,
  scenarios: readonly string[],
  known: ReadonlySet<string>,
): ReadonlyMap<string, readonly AlertPattern[]> {
  return new Map(scenarios.map((scenario) => [scenario, listOf(scenario, page, known)]))
}

function listOf(scenario: string, page: string, known: ReadonlySet<string>): AlertPattern[] {
  const refuse = (why: string): Error => new Error(`${PLACE}, ${scenario}: ${why}`)
  const section = page.split(/^#+ /m).find((text) => text.split('\n', 1)[0]!.trim() === scenario)
  if (section === undefined) throw refuse(`there is no such heading, add one`)
  const [, after, ...more] = section.split(ALERTS)
  if (after === undefined || more.length > 0) throw refuse(`write one line "${ALERTS}", with the alerts or none`)
  const list = /^[^.]*/.exec(after)![0].trim()
  if (list === 'none') return []
  return list.split(/,\s+/).map((text) => {
    const pattern = patternOf(text)
    if (pattern === undefined) throw refuse(`"${text}" is no alert, write \`Name\` or \`Name{label="value"}\``)
    if (!known.has(pattern.name))
      throw refuse(`no rule is named ${pattern.name}, write one of ${[...known].join(', ')}`)
    return pattern
  })
}

function patternOf(text: string): AlertPattern | undefined {
  const match = /^`(\w+)(?:\{(\w+)="([^"]*)"\})?`$/.exec(text)
  if (match === null) return undefined
  const [, name, label, value] = match
  return { name: name!, labels: label === undefined ? {} : { [label]: value! } }
}

/** As it is written on the page, without backticks. */
export function patternText({ name, labels }: AlertPattern): string {
  const matchers = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return matchers.length === 0 ? name : `${name}{${matchers}}`
}
