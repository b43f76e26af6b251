/** The bytes that structure CSV and JSON. In UTF-8 none of them is ever a part of another character. */
export const TAB = 0x09
export const NEWLINE = 0x0a
export const CARRIAGE_RETURN = 0x0d
export const SPACE = 0x20
export const QUOTE = 0x22
export const COMMA = 0x2c
export const OPEN_BRACKET = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_BRACKET = 0x5d
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d

export const isBlank = (byte: number): boolean =>
  byte === SPACE || byte === NEWLINE || byte === CARRIAGE_RETURN || byte === TAB
