/** Text that is already JSON, quotes included: escaped once at start instead of once per event. ASCII only. */
export type JsonText = string

/** Beyond ASCII it is escaped, so that a record has as many bytes as letters and is copied instead of encoded. */
export function jsonText(text: string): JsonText {
  return JSON.stringify(text).replaceAll(
    /[^\0-\x7f]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The bytes of a record made of {@link JsonText}. */
export const jsonBytes = (record: JsonText): Uint8Array => Buffer.from(record, 'latin1')
