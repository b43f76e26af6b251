const SCHEME = /^[a-z][a-z\d+.-]*:$/i

/**
 * The label a page counts under: without query and fragment, without the origin of a URL, without the slash at its
 * end, and with `:id` for each part of the path that tells one thing from another. Undefined when nothing is left.
 */
export function labelOfPage(page: string): string | undefined {
  const path = pathOf(page.split(/[?#]/, 1)[0]!.split('/'))
  const hasSlashAtEnd = path.length > 1 && path.at(-1) === '' && path.join('/') !== '/'
  const label = (hasSlashAtEnd ? path.slice(0, -1) : path).map((part) => (isId(part) ? ':id' : part)).join('/')
  return label === '' ? undefined : label
}

/** What follows the origin of `scheme://host/...`; the root when nothing does. */
function pathOf(parts: readonly string[]): readonly string[] {
  const [scheme, empty, ...hostAndPath] = parts
  if (empty !== '' || hostAndPath.length === 0 || !SCHEME.test(scheme!)) return parts
  const path = hostAndPath.slice(1)
  return path.length === 0 ? ['', ''] : ['', ...path]
}

/** All digits, a UUID, hexadecimal of 8 and more with a digit, or letters and digits of 16 and more with both. */
function isId(part: string): boolean {
  if (/^\d+$/.test(part)) return true
  if (part.length === 36 && /^[\da-f]+(-[\da-f]+){4}$/i.test(part)) return uuidShape(part) === '8-4-4-4-12'
  if (!/^[\da-z]+$/i.test(part) || !/\d/.test(part)) return false
  if (part.length >= 16) return true
  return part.length >= 8 && !/[g-z]/i.test(part)
}

const uuidShape = (part: string): string =>
  part
    .split('-')
    .map((group) => group.length)
    .join('-')
