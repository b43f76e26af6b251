import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ALONE,
  CLUSTER_ID,
  type Properties,
  placeProperties,
  propertiesText,
  type SecureWords,
  type Security,
  scramUser,
  USER,
  usesSasl,
  usesTls,
} from './broker-properties.ts'
import { makeCertificates } from './certificates.ts'
import { freePort } from './free-port.ts'
import { javaArguments, runKafkaClass } from './jars.ts'

export interface BrokerWords {
  /** Added to server.properties, or replacing what stands there. */
  properties?: Properties
  /** Adds a second listener that asks for it. */
  security?: Security
  /** Lets Java compile in full: slower to start by half, and faster afterwards. For measuring. */
  forLoad?: boolean
}

/** What a client needs for the second listener; what it does not ask for is undefined. */
export interface SecureListener {
  readonly bootstrap: string
  /** PEM texts. */
  readonly ca: string | undefined
  readonly client: { readonly cert: string; readonly key: string } | undefined
  readonly user: { readonly username: string; readonly password: string } | undefined
}

const CONFIG = 'server.properties'

/** A Kafka of the caller's own, in a folder of its own under the system's temporary one. */
export class NativeBroker {
  readonly kind = 'native'
  /** Of the plain listener; the same after every start. */
  readonly bootstrap: string
  readonly secure: SecureListener | undefined
  /** Holds its server.properties, data, logs and certificates until it is closed. */
  readonly folder: string
  readonly #forLoad: boolean
  #starts = 0
  #process: ChildProcess | undefined

  constructor(folder: string, bootstrap: string, secure: SecureListener | undefined, forLoad: boolean) {
    this.folder = folder
    this.bootstrap = bootstrap
    this.secure = secure
    this.#forLoad = forLoad
  }

  /** Starts it with the data that is there, and waits until it serves. @throws with the end of its log when it ends */
  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error('this broker runs already')
    this.#starts += 1
    const java = await javaArguments('kafka.Kafka', { heap: '1g', logLevel: 'INFO', forLoad: this.#forLoad })
    const log = openSync(this.#logFile(), 'w')
    const child = spawn('java', [...java, CONFIG], { cwd: this.folder, stdio: ['ignore', log, log] })
    closeSync(log)
    const guard = guardOf(child.pid!, this.folder)
    this.#process = child
    child.once('exit', () => {
      this.#process = undefined
      guard.kill('SIGKILL')
    })
    while (!this.log().includes('Kafka Server started')) {
      if (this.#process !== child) throw new Error(`Kafka ended while it started:\n${this.log().slice(-4_000)}`)
      await sleep(50)
    }
  }

  /** What it wrote to its log since it was last started. */
  log(): string {
    return readFileSync(this.#logFile(), 'utf8')
  }

  /** Lets it end in order: it hands over and writes what it has. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Makes it hang: connections stay open and nothing is answered. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Ends it and removes its data. */
  async close(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #logFile(): string {
    return join(this.folder, `server-${this.#starts}.log`)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
}

/** Outlives this process only to end the broker and remove its folder, should this process die without doing so. */
function guardOf(pid: number, folder: string): ChildProcess {
  const script = 'read -r _; kill -KILL "$0"; rm -rf "$1"'
  return spawn('sh', ['-c', script, String(pid), folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
}

/** Starts a broker of the caller's own, who must close it. @throws {NoBroker} when a program for it is missing */
export async function startBroker({ properties, security, forLoad = false }: BrokerWords = {}): Promise<NativeBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-kafka-'))
  try {
    const ports = { plain: await freePort(), controller: await freePort(), secure: await freePort() }
    const certificates = security !== undefined && usesTls(security) ? await makeCertificates(folder) : undefined
    const secure: SecureWords | undefined = security && { security, certificates }
    const place = placeProperties(ports, join(folder, 'data'), secure)
    writeFileSync(join(folder, CONFIG), propertiesText({ ...ALONE, ...place, ...properties }))
    const users = security !== undefined && usesSasl(security) ? scramUser() : []
    const format = ['format', '--standalone', '--cluster-id', CLUSTER_ID, '--config', join(folder, CONFIG)]
    await runKafkaClass('kafka.tools.StorageTool', [...format, ...users])
    const broker = new NativeBroker(
      folder,
      `127.0.0.1:${ports.plain}`,
      security && {
        bootstrap: `127.0.0.1:${ports.secure}`,
        ca: certificates?.ca,
        client: security === 'mutual_tls' ? certificates?.client : undefined,
        user: usesSasl(security) ? USER : undefined,
      },
      forLoad,
    )
    await broker.start()
    return broker
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}
