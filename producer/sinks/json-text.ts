import { isUtf8 } from 'node:buffer'

/** A value as one JSON text: itself where it is one, else as a JSON string, which is no event either. */
export function jsonTextOf(value: Uint8Array): string {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
  return isUtf8(value) && isJson(text) ? text : JSON.stringify(text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
