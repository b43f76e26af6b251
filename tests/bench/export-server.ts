import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { pino } from 'pino'
import { exportHandler } from '../../producer/collect/export-handler.ts'
import { benchOptions, openBenchLog } from './export-log.ts'

/** `export-server.ts FOLDER`: serves /export of the log in the folder until it is killed, and prints where. */
const log = openBenchLog(process.argv[2]!)
const app = express()
app.get(
  '/export',
  exportHandler({
    openView: () => ({ view: log, close: async () => {} }),
    core: benchOptions(),
    logger: pino(process.stderr),
  }),
)
const server = createServer(app)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
