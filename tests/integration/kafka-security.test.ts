import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { aClickEvent } from '../builders.ts'
import { parseExposition } from '../exposition.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import type { NativeBroker, SecureListener } from '../kafka/native-broker.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, type KafkaGroup } from './kafka-member.ts'
import { type ConsumerProcess, spawnConsumer } from './kafka-process.ts'
import { sumOf } from './machine.ts'

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const EVENTS = Array.from({ length: 50 }, (_, user) => aClickEvent({ at: '09:00:00', user: `user-${user}` }))
const WRONG_PASSWORD = 'what somebody guessed'

/** A folder for the files that settings name, gone when the test is over. */
function aFolder(): (name: string, text: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-secrets-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return (name, text) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
}

interface SecureMember extends ConsumerProcess {
  readonly logFile: string
  /** What it answers at a path. */
  text(path: string): Promise<string>
}

/** A member that knows the secure listener alone. */
function spawnSecure(group: KafkaGroup, { bootstrap }: SecureListener, env: Record<string, string>): SecureMember {
  const logFile = aFolder()('analytics.log', '')
  const member = spawnConsumer(['--log-file', logFile, '--log-level', 'debug', '--summary-interval', '1s'], {
    KAFKA_BROKERS: bootstrap,
    KAFKA_TOPIC: group.topic,
    KAFKA_GROUP: group.group,
    ...env,
  })
  return { ...member, logFile, text: async (path) => (await fetch(`${await member.url}${path}`)).text() }
}

const countsAll = (member: SecureMember) =>
  until(async () => {
    const page = parseExposition(await member.text('/metrics'))
    return sumOf(page, 'records_consumed_total') === EVENTS.length || undefined
  }, 'every record to be counted')

/** All that anybody can read of it. */
const allSaid = async (member: SecureMember): Promise<string> =>
  [
    ...(await Promise.all(['/metrics', '/', '/-/ready', '/-/healthy'].map((path) => member.text(path)))),
    member.stdout(),
    member.stderr(),
    readFileSync(member.logFile, 'utf8'),
  ].join('\n')

async function aGroupOn(broker: NativeBroker): Promise<KafkaGroup> {
  const group = await aKafkaGroup(broker, { partitions: 2 })
  await group.append(EVENTS)
  return group
}

const loginOf = ({ user }: SecureListener, mechanism: string): Record<string, string> => ({
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: user!.username,
  KAFKA_SASL_PASSWORD: user!.password,
})

const tlsOf = ({ ca }: SecureListener): Record<string, string> => ({
  KAFKA_TLS: 'on',
  KAFKA_TLS_CA_FILE: aFolder()('ca.pem', ca!),
})

/** Says that it is not ready and why; the words it must say. */
const refusedWith = (member: SecureMember, words: RegExp) =>
  until(async () => {
    const answer = await fetch(`${await member.url}/-/ready`)
    return (answer.status === 503 && words.test(await answer.text())) || undefined
  }, `/-/ready to say ${words}`)

describe('a listener that asks for a login', () => {
  kafkaTest.for(['sasl_plaintext', 'sasl_ssl'] as const)(
    'takes the user by every mechanism (%s), and a wrong password is said and never shown',
    async (security, { startOwn }) => {
      const broker = await startOwn({ security })
      const listener = broker.secure!
      const transport = security === 'sasl_ssl' ? tlsOf(listener) : {}
      await Promise.all(
        MECHANISMS.map(async (mechanism) => {
          const group = await aGroupOn(broker)
          const login = loginOf(listener, mechanism)
          const guessing = spawnSecure(group, listener, {
            ...transport,
            ...login,
            KAFKA_SASL_PASSWORD: WRONG_PASSWORD,
          })
          await refusedWith(guessing, /[Aa]uthentication failed/)
          expect(await allSaid(guessing)).not.toContain(WRONG_PASSWORD)
          guessing.signal('SIGTERM')
          expect(await guessing.ended).toBe(0)

          const member = spawnSecure(group, listener, { ...transport, ...login })
          await countsAll(member)
          const said = await allSaid(member)
          expect(said).not.toContain(login.KAFKA_SASL_PASSWORD)
          expect(said.includes('crosses the network readable')).toBe(
            security === 'sasl_plaintext' && mechanism === 'plain',
          )
          member.signal('SIGTERM')
          expect(await member.ended).toBe(0)
        }),
      )
    },
  )

  kafkaTest('takes the password out of a file', async ({ startOwn }) => {
    const broker = await startOwn({ security: 'sasl_plaintext' })
    const listener = broker.secure!
    const { KAFKA_SASL_PASSWORD: password, ...login } = loginOf(listener, 'scram-sha-512')
    const file = aFolder()('password', `${password}\n`)
    const member = spawnSecure(await aGroupOn(broker), listener, { ...login, KAFKA_SASL_PASSWORD_FILE: file })
    await countsAll(member)
    expect(await allSaid(member)).not.toContain(password)
  })
})

describe('a listener with TLS', () => {
  kafkaTest('is trusted by the authority that is named, and by no other', async ({ startOwn }) => {
    const broker = await startOwn({ security: 'tls' })
    const group = await aGroupOn(broker)
    const stranger = spawnSecure(group, broker.secure!, { KAFKA_TLS: 'on' })
    await refusedWith(stranger, /certificate/)
    const inTheClear = spawnSecure(group, broker.secure!, {})
    await refusedWith(inTheClear, /no broker can be reached: .*\(Closed connection\)/)

    const member = spawnSecure(group, broker.secure!, tlsOf(broker.secure!))
    await countsAll(member)
  })

  kafkaTest('that asks for a certificate takes the one that is named', async ({ startOwn }) => {
    const broker = await startOwn({ security: 'mutual_tls' })
    const group = await aGroupOn(broker)
    const listener = broker.secure!
    const nobody = spawnSecure(group, listener, tlsOf(listener))
    await refusedWith(nobody, /no broker can be reached: .*(certificate|closed)/i)

    const file = aFolder()
    const member = spawnSecure(group, listener, {
      ...tlsOf(listener),
      KAFKA_TLS_CERT_FILE: file('client.pem', listener.client!.cert),
      KAFKA_TLS_KEY_FILE: file('client.key', listener.client!.key),
    })
    await countsAll(member)
    const key = listener.client!.key.split('\n')[1]!
    expect(await allSaid(member)).not.toContain(key)
  })
})
