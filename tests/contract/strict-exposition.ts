export interface StrictSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface StrictFamily {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: readonly StrictSample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const VALUE = /^(?:[+-]?Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', n: '\n' }

/**
 * A page of text format 0.0.4, read to the letter.
 * @throws with the line that is none, or stands where it must not
 */
export function parseStrictly(page: string): ReadonlyMap<string, StrictFamily> {
  if (!page.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, StrictFamily & { samples: StrictSample[] }>()
  let current: { name: string; help: string; type: string; samples: StrictSample[] } | undefined
  let help: { name: string; text: string } | undefined
  for (const line of page.slice(0, -1).split('\n')) {
    if (line === '') continue
    const [, kind, name, text] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') {
      help = { name: name!, text: text! }
    } else if (kind === 'TYPE') {
      if (help?.name !== name) throw new Error(`TYPE without its HELP right before it: ${line}`)
      if (families.has(name!)) throw new Error(`a second family of one name: ${line}`)
      current = { name: name!, help: help!.text, type: text!, samples: [] }
      families.set(name!, current)
    } else {
      const sample = parseSample(line)
      const suffixes = current?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
      if (current === undefined || !suffixes.some((suffix) => sample.name === current!.name + suffix)) {
        throw new Error(`a sample outside of its family: ${line}`)
      }
      current.samples.push(sample)
    }
  }
  return families
}

function parseSample(line: string): StrictSample {
  const name = NAME.exec(line)?.[0]
  if (name === undefined) throw new Error(`no name: ${line}`)
  const labels: Record<string, string> = {}
  let at = name.length
  if (line[at] === '{') {
    at++
    while (line[at] !== '}') {
      const label = /^[a-zA-Z_][a-zA-Z0-9_]*(?==")/.exec(line.slice(at))?.[0]
      if (label === undefined || label in labels) throw new Error(`no label, or twice the same: ${line}`)
      const { value, end } = parseQuoted(line, at + label.length + 1)
      labels[label] = value
      at = line[end] === ',' ? end + 1 : end
      if (line[end] !== ',' && line[end] !== '}') throw new Error(`no end of the labels: ${line}`)
    }
    at++
  }
  const text = line.slice(at + 1)
  if (line[at] !== ' ' || !VALUE.test(text)) throw new Error(`no value: ${line}`)
  return { name, labels, value: Number(text.replace('Inf', 'Infinity')) }
}

function parseQuoted(line: string, from: number): { value: string; end: number } {
  let value = ''
  for (let at = from + 1; at < line.length; at++) {
    const character = line[at]!
    if (character === '"') return { value, end: at + 1 }
    if (character !== '\\') {
      value += character
      continue
    }
    const escaped = ESCAPES[line[++at] ?? '']
    if (escaped === undefined) throw new Error(`an escape that is none: ${line}`)
    value += escaped
  }
  throw new Error(`a label that does not end: ${line}`)
}
