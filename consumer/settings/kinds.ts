import { suggestion } from './suggestion.ts'

/** A text understood, or what is wrong with it and what to write instead. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fix: string }

/** How the text of a setting is read, whether it comes from a flag, the environment or the configuration file. */
export interface Kind<T> {
  /** Stands for the value in the help: `--port PORT`. */
  readonly placeholder: string
  /** All one can write, where there are words of their own: `DURATION, none or unlimited`. */
  readonly accepts?: string
  parse(text: string): Reading<T>
  /** Kinds that take several values: how a YAML list is read. */
  parseItems?(items: readonly string[]): Reading<T>
  /** The flag may stand without a value, which means on. */
  readonly isSwitch?: true
}

export const read = <T>(value: T): Reading<T> => ({ ok: true, value })
export const refuse = (fix: string): { ok: false; fix: string } => ({ ok: false, fix })

const ON = ['on', 'true', 'yes', '1']
const OFF = ['off', 'false', 'no', '0']

export const onOff: Kind<boolean> = {
  placeholder: 'on|off',
  isSwitch: true,
  parse(text) {
    const word = text.toLowerCase()
    if (ON.includes(word)) return read(true)
    return OFF.includes(word) ? read(false) : refuse('write on or off (true, false, yes, no, 1 and 0 will do)')
  },
}

/** One of a few words. */
export function choice<const W extends string>(words: readonly W[]): Kind<W> {
  return {
    placeholder: 'WORD',
    accepts: alternatives(words),
    parse(text) {
      const word = words.find((candidate) => candidate === text)
      return word === undefined ? refuse(`write ${alternatives(words)}${suggestion(text, words)}`) : read(word)
    },
  }
}

const alternatives = (words: readonly string[]): string =>
  words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

/** Any text but a blank one. */
export function text(placeholder: string): Kind<string> {
  return {
    placeholder,
    parse: (given) => (given.trim() === '' ? refuse('is empty, write a value or leave the setting out') : read(given)),
  }
}

/** A path of the file system, relative to the folder the command runs in. Whether it exists is for its reader to say. */
export const path = text('PATH')

/** Names that are valid for a Kafka topic and leave room for `suffixLength` more characters. */
export function topicName({ suffixLength = 0 } = {}): Kind<string> {
  const longest = 249 - suffixLength
  return {
    placeholder: 'NAME',
    parse(given) {
      const fits = /^[\w.-]+$/.test(given) && given.length <= longest && given !== '.' && given !== '..'
      return fits ? read(given) : refuse(`write up to ${longest} letters, digits, dots, dashes and underscores`)
    },
  }
}

export const currencyCode: Kind<string> = {
  placeholder: 'CODE',
  parse(given) {
    if (/^[A-Z]{3}$/.test(given)) return read(given)
    const meant = /^[a-z]{3}$/i.test(given) ? given.toUpperCase() : 'three capital letters such as EUR'
    return refuse(`not an ISO 4217 code, write ${meant}`)
  },
}

/** Several values: separated by commas, or a YAML list. Every value once; none at all is an empty list where that will do. */
export function list<T>(item: Kind<T>, { atLeast = 0 } = {}): Kind<readonly T[]> {
  const parseItems = (items: readonly string[]): Reading<readonly T[]> => {
    if (items.length < atLeast) return refuse(`is empty, write at least ${atLeast} ${item.placeholder}`)
    const values: T[] = []
    for (const [index, given] of items.entries()) {
      if (given === '') return refuse(`value ${index + 1} of the list is empty, take it out`)
      const reading = item.parse(given)
      if (!reading.ok) return refuse(items.length === 1 ? reading.fix : `${JSON.stringify(given)}: ${reading.fix}`)
      if (values.includes(reading.value)) return refuse(`${JSON.stringify(given)} stands there twice, take one out`)
      values.push(reading.value)
    }
    return read(Object.freeze(values))
  }
  return {
    placeholder: `${item.placeholder},...`,
    ...(item.accepts === undefined ? {} : { accepts: `a list of ${item.accepts}` }),
    parse: (given) => parseItems(given.trim() === '' ? [] : given.split(',').map((part) => part.trim())),
    parseItems,
  }
}

/** A kind with words of its own beside: `orWord(duration(), { none: 0 })`. */
export function orWord<T, const V>(kind: Kind<T>, words: Readonly<Record<string, V>>): Kind<T | V> {
  const spelled = Object.keys(words)
  return {
    placeholder: kind.placeholder,
    accepts: alternatives([kind.placeholder, ...spelled]),
    parse(given) {
      if (Object.hasOwn(words, given)) return read(words[given]!)
      const reading: Reading<T | V> = kind.parse(given)
      return reading.ok ? reading : refuse(`${reading.fix}, or ${spelled.join(' or ')}${suggestion(given, spelled)}`)
    },
  }
}
