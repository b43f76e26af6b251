const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const HEX_WITH_DIGIT = /^(?=.*\d)[0-9a-f]{8,}$/i
const LONG_TOKEN = /^(?=.*\d)(?=.*[a-z])[0-9a-z]{16,}$/i

/** A label longer than this is no page name any more. UTF-16 code units. */
export const LONGEST_PAGE_LABEL = 200

/**
 * The page as a label: query and fragment cut off, the origin of a URL and a trailing slash too, and path segments
 * that look like ids (digits only, UUIDs, hexadecimal of 8 and more, mixed tokens of 16 and more) become `:id`.
 * Empty when nothing is left to name.
 */
export function pageLabel(page: string): string {
  const cut = page.search(/[?#]/)
  const path = (cut < 0 ? page : page.slice(0, cut)).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, (origin) =>
    origin.length === (cut < 0 ? page.length : cut) ? '/' : '',
  )
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  return trimmed
    .split('/')
    .map((segment) => (isId(segment) ? ':id' : segment))
    .join('/')
}

const isId = (segment: string): boolean =>
  /^\d+$/.test(segment) || UUID.test(segment) || HEX_WITH_DIGIT.test(segment) || LONG_TOKEN.test(segment)
