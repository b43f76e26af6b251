import { EVENT_TYPES, type EventType } from '../contract/click-event.ts'
import {
  CONSTANT_FIELDS,
  type ConstantField,
  type Dialect,
  DURATION_UNITS,
  EVENT_FIELDS,
  type EventField,
  TIME_FORMATS,
} from '../contract/dialects.ts'
import type { SettingsFault } from '../settings/fault.ts'
import { suggestion } from '../settings/suggestion.ts'
import { faultOfPath } from './field-path.ts'
import { type MappingEntry, readMappingDocument } from './mapping-document.ts'

const KEYS = ['fields', 'time', 'duration', 'types', 'constants', 'numbers_as_strings'] as const

/** What people write for the units, and the word meant. */
const UNITS_AS_WRITTEN: Readonly<Record<string, string>> = {
  s: 'seconds',
  sec: 'seconds',
  unix: 'seconds',
  ms: 'milliseconds',
  millis: 'milliseconds',
  us: 'microseconds',
  µs: 'microseconds',
  micros: 'microseconds',
  ns: 'nanoseconds',
  nanos: 'nanoseconds',
  iso8601: 'iso',
  'iso-8601': 'iso',
  rfc3339: 'iso',
}

/**
 * Reads a user's mapping of a JSON shape onto the ClickEvent:
 * ```yaml
 * fields: { userId: actor.id, type: event.name, time: ts }   # where each field stands: keys joined by dots
 * time: milliseconds          # iso (default), seconds, milliseconds, microseconds, nanoseconds
 * duration: milliseconds      # seconds (default), milliseconds
 * types: { product_viewed: page_view }     # event names that are not the contract's own words
 * constants: { currency: EUR }             # for records that do not carry the field: type, page, currency
 * numbers_as_strings: true    # numbers may come as text; default false
 * ```
 * Either the dialect, frozen, or every fault of the file with its line and what to write instead.
 */
export function parseMapping(
  yamlText: string,
  fileName: string,
): { readonly dialect: Dialect } | { readonly faults: readonly SettingsFault[] } {
  const document = readMappingDocument(yamlText, fileName)
  if ('unreadable' in document) return { faults: document.unreadable }
  const reader = new MappingReader(fileName, document.entries, document.faults)
  const dialect = reader.read()
  return reader.faults.length > 0 ? { faults: reader.faults.toSorted(byLine) } : { dialect }
}

/** Reads section by section and goes on after a fault, so that all of them are known at once. */
class MappingReader {
  readonly faults: SettingsFault[]
  readonly #fileName: string
  readonly #entries: readonly MappingEntry[]

  constructor(fileName: string, entries: readonly MappingEntry[], faults: readonly SettingsFault[]) {
    this.#fileName = fileName
    this.#entries = entries
    this.faults = [...faults]
  }

  read(): Dialect {
    this.#refuseUnknownKeys()
    const fields = this.#fields()
    const constants = this.#constants()
    this.#requireFields(fields)
    return Object.freeze({
      name: 'custom',
      fields: Object.freeze(fields),
      timeFormat: this.#word('time', TIME_FORMATS, 'iso'),
      durationUnit: this.#word('duration', DURATION_UNITS, 'seconds'),
      types: Object.freeze(this.#types()),
      constants: Object.freeze(constants),
      numbersAsStrings: this.#word('numbers_as_strings', ['true', 'false'], 'false') === 'true',
    })
  }

  #refuseUnknownKeys(): void {
    for (const entry of this.#entries) {
      if (isOneOf(KEYS, entry.key)) continue
      const isField = isOneOf(EVENT_FIELDS, entry.key)
      this.#refuse(
        entry,
        isField
          ? 'belongs under fields:, move it there'
          : `there is no such key, take it out${suggestion(entry.key, KEYS)}`,
      )
    }
  }

  #fields(): Partial<Record<EventField, string>> {
    const fields: Partial<Record<EventField, string>> = {}
    for (const entry of this.#section('fields', 'userId: actor.id')) {
      const { key, text, section } = entry
      if (!isOneOf(EVENT_FIELDS, key)) {
        const hint = suggestion(key, EVENT_FIELDS) || `; fields are ${EVENT_FIELDS.join(', ')}`
        this.#refuse(entry, `there is no such field, take it out${hint}`)
      } else if (section !== undefined) {
        this.#refuse(entry, 'write the path on one line, its keys joined by dots, such as context.page.url')
      } else if (text === undefined) {
        this.#refuse(entry, 'names no path, write where the field stands, such as actor.id, or take it out')
      } else {
        const fault = faultOfPath(text)
        if (fault !== undefined) this.#refuse(entry, fault)
        fields[key] = text
      }
    }
    return fields
  }

  /** A field that is there with a fault is not missing as well. */
  #requireFields(fields: Partial<Record<EventField, string>>): void {
    const named = (section: string, key: string): boolean =>
      this.#of(section)?.section?.some((entry) => entry.key === key) ?? false
    const from = this.#of('fields')?.from ?? `${this.#fileName}:1`
    for (const field of ['userId', 'time'] as const) {
      if (fields[field] === undefined && !named('fields', field))
        this.faults.push({ setting: `fields.${field}`, from, fix: `is missing, write where the ${WHAT[field]} stands` })
    }
    if (named('fields', 'type') || named('constants', 'type')) return
    const fix =
      'is missing, write where the event name stands, or constants: { type: page_view } if all are of one type'
    this.faults.push({ setting: 'fields.type', from, fix })
  }

  #types(): Record<string, EventType> {
    const aliases: (readonly [string, EventType])[] = []
    for (const entry of this.#section('types', 'product_viewed: page_view')) {
      if (entry.key === '') this.#refuse(entry, 'an event name is empty, write one or take the line out')
      const type = this.#eventType(entry)
      if (type !== undefined) aliases.push([entry.key, type])
    }
    return Object.fromEntries(aliases)
  }

  #constants(): Partial<Record<ConstantField, string>> {
    const constants: Partial<Record<ConstantField, string>> = {}
    for (const entry of this.#section('constants', 'currency: EUR')) {
      const { key, text } = entry
      if (!isOneOf(CONSTANT_FIELDS, key)) {
        const hint = isOneOf(EVENT_FIELDS, key) ? '' : suggestion(key, CONSTANT_FIELDS)
        this.#refuse(entry, `cannot be a constant, only ${CONSTANT_FIELDS.join(', ')} can; take it out${hint}`)
      } else if (key === 'type') {
        const type = this.#eventType(entry)
        if (type !== undefined) constants.type = type
      } else if (text === undefined || text.trim() === '') {
        this.#refuse(entry, `write the ${key} of records that name none, or take it out`)
      } else if (key === 'currency' && !/^[A-Z]{3}$/.test(text)) {
        const meant = /^[a-z]{3}$/i.test(text) ? text.toUpperCase() : 'three capital letters such as EUR'
        this.#refuse(entry, `not an ISO 4217 code, write ${meant}`)
      } else constants[key] = text
    }
    return constants
  }

  #eventType(entry: MappingEntry): EventType | undefined {
    const { text } = entry
    if (text !== undefined && isOneOf(EVENT_TYPES, text)) return text
    this.#refuse(entry, `write one of ${EVENT_TYPES.join(', ')}${suggestion(text ?? '', EVENT_TYPES)}`)
    return undefined
  }

  #word<const W extends string>(key: (typeof KEYS)[number], words: readonly W[], standard: W): W {
    const entry = this.#of(key)
    if (entry === undefined) return standard
    const { text, section } = entry
    if (text !== undefined && isOneOf(words, text)) return text
    if (section !== undefined && isOneOf(EVENT_FIELDS, key)) {
      this.#refuse(entry, `is the unit, one of ${words.join(', ')}; where the field stands belongs to fields.${key}`)
      return standard
    }
    const meant = Object.hasOwn(UNITS_AS_WRITTEN, text?.toLowerCase() ?? '')
      ? UNITS_AS_WRITTEN[text!.toLowerCase()]
      : undefined
    const hint = words.some((word) => word === meant) ? ` (did you mean ${meant}?)` : suggestion(text ?? '', words)
    this.#refuse(entry, `write one of ${words.join(', ')}${hint}`)
    return standard
  }

  #section(key: (typeof KEYS)[number], example: string): readonly MappingEntry[] {
    const entry = this.#of(key)
    if (entry === undefined) return []
    if (entry.section === undefined) this.#refuse(entry, `write lines under it, such as ${example}`)
    return entry.section ?? []
  }

  #of(key: string): MappingEntry | undefined {
    return this.#entries.find((entry) => entry.key === key)
  }

  #refuse({ place, from, text }: MappingEntry, fix: string): void {
    this.faults.push({ setting: place, from, fix, ...(text === undefined ? {} : { value: text }) })
  }
}

const WHAT = { userId: 'user id', time: 'event time' } as const

const isOneOf = <const W extends string>(words: readonly W[], text: string): text is W =>
  words.some((word) => word === text)

const lineOf = ({ from = '' }: SettingsFault): number => Number(from.slice(from.lastIndexOf(':') + 1))

const byLine = (a: SettingsFault, b: SettingsFault): number => lineOf(a) - lineOf(b)
