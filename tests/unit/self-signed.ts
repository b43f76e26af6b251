import { generateKeyPairSync, sign } from 'node:crypto'

/** One value in DER; none of ours is as long as 64 KiB. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

const SEQUENCE = 0x30
const ED25519 = der(SEQUENCE, der(0x06, Uint8Array.of(0x2b, 0x65, 0x70)))
const NOBODY = der(SEQUENCE)
const time = (text: string): Buffer => der(0x17, Buffer.from(text))

/** PEM texts of a new key and of a certificate for it, as small as X.509 allows. */
export function selfSigned(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const serial = der(0x02, Uint8Array.of(1))
  const validity = der(SEQUENCE, time('240101000000Z'), time('490101000000Z'))
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' })
  const signed = der(SEQUENCE, serial, ED25519, NOBODY, validity, NOBODY, subjectKey)
  const signature = der(0x03, Uint8Array.of(0), sign(null, signed, privateKey))
  const base64 = der(SEQUENCE, signed, ED25519, signature).toString('base64')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}
