/** A file that cannot be read, or not to its end. The message names the file, what is wrong and the fix. */
export class UnreadableFile extends Error {
  constructor(path: string, problem: string, cause?: unknown) {
    super(`${nameOf(path)}: ${problem}`, { cause })
    this.name = 'UnreadableFile'
  }
}

/** `-` is standard input, as in most commands. */
const nameOf = (path: string): string => (path === '-' ? 'standard input' : path)

/** The operating system's refusal in words. */
export function refused(path: string, error: NodeJS.ErrnoException): UnreadableFile {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UnreadableFile(path, 'there is no such file; check the path', error)
    case 'EISDIR':
      return new UnreadableFile(path, 'is a directory; name the files in it, one by one or with a wildcard', error)
    case 'EACCES':
    case 'EPERM':
      return new UnreadableFile(path, 'may not be read; give this user read permission (chmod +r)', error)
    default:
      return new UnreadableFile(path, `cannot be read (${error.message}); check the disk or copy the file again`, error)
  }
}
