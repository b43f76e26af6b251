/** Every refusal has this form: `reason` for programs, `message` with the fix for people. */
export const refusalJson = (reason: string, message: string): string =>
  `${JSON.stringify({ status: 'refused', reason, message })}\n`
