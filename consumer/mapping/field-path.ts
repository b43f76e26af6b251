/**
 * What is wrong with the path of a field, keys of objects joined by dots, and what to write instead; undefined when
 * nothing is. Elements of arrays have no path: an event is one object, not a list of them.
 */
export function faultOfPath(path: string): string | undefined {
  if (path.startsWith('$.')) return `a path has no $ in front, write ${path.slice(2)}`
  const keys = path.split('.')
  if (keys.includes('')) return 'a part of the path is empty, write keys joined by single dots, such as actor.id'
  if (keys.some((key) => key !== key.trim())) return 'there is a blank at the edge of a key, take it out'
  if (keys.some((key, index) => /\[\d*\]$/.test(key) || (index > 0 && /^\d+$/.test(key))))
    return 'elements of arrays cannot be mapped, name keys of objects only'
  return undefined
}
