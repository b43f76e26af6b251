import { ALONE, CLUSTER_ID, PLAIN_PROTOCOLS, propertiesText } from './broker-properties.ts'
import { freePort } from './free-port.ts'
import { KAFKA_VERSION } from './jars.ts'
import { NoBroker } from './no-broker.ts'

const IMAGE = `apache/kafka:${KAFKA_VERSION}`
const CONTROLLER_PORT = 9_093
const CONFIG = '/tmp/server.properties'
const START = `
cd /opt/kafka/bin
./kafka-storage.sh format --standalone --cluster-id ${CLUSTER_ID} --config ${CONFIG}
exec ./kafka-server-start.sh ${CONFIG}
`

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
  const properties = {
    ...ALONE,
    'listener.security.protocol.map': PLAIN_PROTOCOLS,
    // The same port inside as outside: for transactions the broker connects to itself, where it tells others to.
    listeners: `PLAIN://:${port},CONTROLLER://127.0.0.1:${CONTROLLER_PORT}`,
    'advertised.listeners': `PLAIN://${bootstrap}`,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${CONTROLLER_PORT}`,
    'log.dirs': '/tmp/data',
  }
  let log = ''
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: port, host: port })
    .withCopyContentToContainer([{ content: propertiesText(properties), target: CONFIG }])
    .withEnvironment({ KAFKA_LOG4J_OPTS: '-Dlog4j2.configurationFile=/etc/kafka/docker/log4j2.yaml' })
    .withEntrypoint(['bash', '-euc'])
    .withCommand([START])
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
