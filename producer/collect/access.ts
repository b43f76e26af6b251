import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { COLLECTOR_TABLE } from '../../consumer/settings/collector-settings.ts'
import { RefusedSettings, type SettingsFault } from '../../consumer/settings/fault.ts'
import { unreadable } from '../../consumer/settings/file.ts'
import { Secret } from '../../consumer/settings/secret.ts'
import type { Settings } from '../../consumer/settings/settings.ts'

/**
 * Who may use the API: whoever has the key; without one whoever is on this machine, as long as nobody else can reach the
 * server; else nobody.
 */
export type Access =
  | { readonly kind: 'key'; readonly key: Secret }
  | { readonly kind: 'this_machine' }
  | { readonly kind: 'nobody' }

type AccessSettings = Settings<'collectorApiKey' | 'collectorApiKeyFile' | 'host'>

/** @throws {RefusedSettings} when the key is given twice, or when its file cannot be read or is empty */
export function accessOf({ collectorApiKey, collectorApiKeyFile, host }: AccessSettings): Access {
  if (collectorApiKey !== undefined && collectorApiKeyFile !== undefined) {
    const { env } = COLLECTOR_TABLE.collectorApiKey
    throw new RefusedSettings([faultOf(collectorApiKeyFile, `${env} gives the key too, leave one of them out`)])
  }
  const key = collectorApiKeyFile === undefined ? collectorApiKey : keyIn(collectorApiKeyFile)
  if (key !== undefined) return { kind: 'key', key }
  return { kind: isThisMachine(host) ? 'this_machine' : 'nobody' }
}

/** What to do about a server that is open to others and asks for no key. */
export const keyNeeded = ({ host }: Settings<'host'>): SettingsFault => ({
  setting: COLLECTOR_TABLE.collectorApiKey.env,
  fix: `is needed because --host ${host} lets others reach the collector: set it or ${COLLECTOR_TABLE.collectorApiKeyFile.env}, or listen on 127.0.0.1`,
})

function keyIn(path: string): Secret {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new RefusedSettings([faultOf(path, unreadable(error, 'key'))])
  }
  const key = text.replace(/\r?\n$/, '')
  if (key === '') throw new RefusedSettings([faultOf(path, 'is empty, write the key into it')])
  return new Secret(key)
}

function faultOf(path: string, fix: string): SettingsFault {
  const { flag, env } = COLLECTOR_TABLE.collectorApiKeyFile
  return { setting: flag, from: `flag, file or env ${env}`, value: path, fix }
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether nobody but this machine reaches an address. Of a name other than localhost nobody knows. */
function isThisMachine(host: string): boolean {
  const family = isIP(host)
  return family === 0 ? host.toLowerCase() === 'localhost' : LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
