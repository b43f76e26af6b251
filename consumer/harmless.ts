/** Text of others without the characters that a terminal would obey. */
export const harmless = (text: string): string => text.replace(/\p{Cc}/gu, '?')
