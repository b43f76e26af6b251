import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

const HELP = { help: { type: 'boolean', short: 'h', default: false } } as const

type FlagValues<Options extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: Options }>>['values']

/**
 * The flags of a program for developers. Asked for help, it prints that and ends; a flag there is no use for ends it with
 * exit code 2.
 */
export function programFlags<const Options extends ParseArgsOptionsConfig>(
  help: string,
  options: Options,
): FlagValues<Options> {
  const flags = parsed(options)
  if (flags.help) {
    process.stdout.write(help)
    process.exit(0)
  }
  return flags
}

function parsed<const Options extends ParseArgsOptionsConfig>(options: Options) {
  try {
    return parseArgs({ options: { ...options, ...HELP } }).values as FlagValues<Options> & { readonly help: boolean }
  } catch (error) {
    return refused((error as Error).message)
  }
}

/** The flag's value as a whole number, of nine digits at most; any other text ends the program with exit code 2. */
export function wholeNumber(flag: string, text: string, least = 1): number {
  const isOne = /^\d{1,9}$/.test(text) && Number(text) >= least
  return isOne ? Number(text) : refused(`--${flag} ${text}: write a whole number from ${least} on`)
}

/** The flag's value as one of the words; any other text ends the program with exit code 2. */
export function oneOf<const Word extends string>(flag: string, words: readonly Word[], text: string): Word {
  return words.find((word) => word === text) ?? refused(`--${flag} ${text}: write ${words.join(' or ')}`)
}

/** Ends the program with exit code 2. @param fault names the flag and the fix */
export function refused(fault: string): never {
  process.stderr.write(`${fault}\nAll flags: --help\n`)
  process.exit(2)
}
