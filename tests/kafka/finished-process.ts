import { spawn } from 'node:child_process'

/** Runs a program to its end and gives what it printed. @throws with both its outputs when it ends otherwise than by 0 */
export function finished(program: string, args: readonly string[], folder?: string): Promise<string> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stdout)
      else reject(new Error(`${program} ended with ${signal ?? code}: ${args.join(' ')}\n${stdout}${stderr}`))
    })
  })
}
