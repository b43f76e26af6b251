import { UnreadableFile } from './unreadable-file.ts'

/**
 * The names under which a row's cells become JSON.
 * @param where the names stand, for the message: 'the header line' or 'the given columns'.
 * @throws {UnreadableFile} when a name is empty or stands twice: the cells of one of them would be lost.
 */
export function columnNames(path: string, names: readonly string[], where: string): readonly string[] {
  const firstAt = new Map<string, number>()
  for (const [index, name] of names.entries()) {
    if (name.trim() === '') throw new UnreadableFile(path, `column ${index + 1} has no name; name it in ${where}`)
    const first = firstAt.get(name)
    if (first !== undefined) {
      const both = `columns ${first + 1} and ${index + 1} are both named "${name}"`
      throw new UnreadableFile(path, `${both}; rename one of them in ${where}`)
    }
    firstAt.set(name, index)
  }
  return names
}
