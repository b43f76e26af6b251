import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alertmanagerConfig } from '../../prometheus/src/alertmanager.ts'
import { freePort } from '../kafka/free-port.ts'
import { type AlertWords, firedAlert } from './fired-alert.ts'
import { OwnProcess } from './own-process.ts'
import type { FiredAlert } from './verdict.ts'

/** An alert that fires, as Alertmanager has it. */
export interface HeldAlert extends Omit<FiredAlert, 'endedMs'> {
  /** Another alert explains it, and nobody is told of it while that fires. */
  readonly isSilenced: boolean
}

export interface Alertmanager {
  readonly address: string
  readonly process: OwnProcess
  firing(): Promise<readonly HeldAlert[]>
}

/** Starts Alertmanager with the routes and inhibitions of the project; all it tells goes to the receiver's URL. */
export async function startAlertmanager(folder: string, receiverUrl: string): Promise<Alertmanager> {
  const own = join(folder, 'alertmanager')
  mkdirSync(own)
  const config = join(own, 'alertmanager.yml')
  writeFileSync(config, alertmanagerConfig(receiverUrl))
  const address = `127.0.0.1:${await freePort()}`
  const flags = [
    `--config.file=${config}`,
    `--storage.path=${join(own, 'data')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
  ]
  const process = new OwnProcess('Alertmanager', 'prometheus-alertmanager', flags, join(folder, 'alertmanager.log'))
  await process.until(async () => (await fetch(`http://${address}/-/ready`)).ok, 'to be ready')
  return {
    address,
    process,
    async firing() {
      const answer = await fetch(`http://${address}/api/v2/alerts`)
      const alerts = (await answer.json()) as (AlertWords & { status: { state: string } })[]
      return alerts.map(({ status, ...words }) => ({ ...firedAlert(words), isSilenced: status.state === 'suppressed' }))
    },
  }
}
