import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from './finished-process.ts'
import { needProgram } from './jars.ts'

/** PEM texts; a key and its certificate are one file to Kafka. */
export interface Certificates {
  readonly ca: string
  readonly caFile: string
  readonly serverFile: string
  readonly client: { readonly cert: string; readonly key: string }
}

const OPENSSL_CONFIG = `
[req]
distinguished_name = subject
[subject]
[authority]
basicConstraints = critical, CA:TRUE
[server]
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
extendedKeyUsage = clientAuth
`

/** Makes an authority, a server certificate for this machine and a client certificate, good for two days. @throws {NoBroker} without openssl */
export async function makeCertificates(folder: string): Promise<Certificates> {
  // It has no --version.
  if (spawnSync('openssl', ['version']).status !== 0) needProgram('openssl')
  const file = (name: string): string => join(folder, name)
  const text = (name: string): string => readFileSync(file(name), 'utf8')
  writeFileSync(file('openssl.cnf'), OPENSSL_CONFIG)
  const openssl = (...args: string[]): Promise<string> => finished('openssl', args, folder)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-config', 'openssl.cnf']

  const authority = ['-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem']
  await openssl('req', '-x509', '-days', '2', '-extensions', 'authority', ...newKey, ...authority)
  for (const name of ['server', 'client']) {
    await openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
    const extensions = ['-extfile', 'openssl.cnf', '-extensions', name]
    await openssl('x509', '-req', '-in', `${name}.csr`, ...issuer, ...extensions, '-out', `${name}.pem`)
  }
  writeFileSync(file('server.both.pem'), text('server.key') + text('server.pem'))
  return {
    ca: text('ca.pem'),
    caFile: file('ca.pem'),
    serverFile: file('server.both.pem'),
    client: { cert: text('client.pem'), key: text('client.key') },
  }
}
