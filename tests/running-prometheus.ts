import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from './kafka/free-port.ts'
import { until } from './running-start.ts'

/** Starts Prometheus on a free port, its data in the folder; gives its URL once it answers. The test's end ends it. */
export async function startPrometheus(folder: string, configFile: string): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`
  const flags = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=${address}`,
  ]
  const child = spawn('prometheus', [...flags, '--log.level=warn'], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const url = `http://${address}`
  await until(async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined), 'Prometheus to be ready')
  return url
}
