import { ALONE, PLAIN_PROTOCOLS, type Properties } from './broker-properties.ts'
import { freePort } from './free-port.ts'
import { KAFKA_VERSION } from './jars.ts'
import { NoBroker } from './no-broker.ts'

const IMAGE = `apache/kafka:${KAFKA_VERSION}`
// Inside the container, where nobody else listens.
const PORT = 9_092
const CONTROLLER_PORT = 9_093

export interface ContainerBroker {
  readonly kind: 'container'
  readonly bootstrap: string
  close(): Promise<void>
}

/** Starts Kafka in a container. @throws {NoBroker} without an engine, or without the image */
export async function startContainer(): Promise<ContainerBroker> {
  // Loaded only where a broker is wanted: it is large.
  const { GenericContainer, getContainerRuntimeClient, ImageName, Wait } = await import('testcontainers')
  const engine = await getContainerRuntimeClient().catch(() => undefined)
  if (engine === undefined) throw new NoBroker('no container engine answers')
  const image = ImageName.fromString(IMAGE)
  try {
    if (!(await engine.image.exists(image))) await engine.image.pull(image)
  } catch (error) {
    throw new NoBroker(`the container engine cannot get ${IMAGE} (${(error as Error).message})`)
  }
  const port = await freePort()
  const bootstrap = `${engine.info.containerRuntime.host}:${port}`
  let log = ''
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: PORT, host: port })
    .withEnvironment(
      asEnvironment({
        ...ALONE,
        listeners: `PLAIN://:${PORT},CONTROLLER://127.0.0.1:${CONTROLLER_PORT}`,
        'advertised.listeners': `PLAIN://${bootstrap}`,
        'listener.security.protocol.map': PLAIN_PROTOCOLS,
        'controller.quorum.voters': `1@127.0.0.1:${CONTROLLER_PORT}`,
      }),
    )
    .withLogConsumer((lines) => {
      lines.on('data', (line) => {
        log += line
      })
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start()
    .catch((error: Error) => {
      throw new Error(`${error.message}\n${log.slice(-4_000)}`)
    })
  return {
    kind: 'container',
    bootstrap,
    close: async () => {
      await container.stop()
    },
  }
}

/** Properties as the image takes them: log.dirs is KAFKA_LOG_DIRS. */
const asEnvironment = (properties: Properties): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
      String(value),
    ]),
  )
