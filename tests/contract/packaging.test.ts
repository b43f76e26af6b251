import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { collector, consumer, producer } from '../../commands/commands.ts'
import { kafkaLogOptionsOf } from '../../consumer/kafka-options.ts'
import { deadLetterTopicPlan, snapshotTopicPlan, sourceTopicPlan } from '../../consumer/log/kafka/topics.ts'
import { isTree } from '../../consumer/settings/entry.ts'
import { CORE_SETTINGS, SETTINGS } from '../../consumer/settings/settings.ts'
import { mustRun } from '../required-program.ts'
import { copiedPaths, importsOf, readDockerfile, textsOf, valuesOf } from './dockerfile.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const readYaml = (path: string) => parse(read(path), { merge: true })
const PACKAGE = JSON.parse(read('package.json')) as {
  version: string
  scripts: Record<string, string>
  dependencies: Record<string, string>
}

interface Service {
  image?: string
  build?: { context: string; dockerfile: string }
  restart: string
  environment?: Record<string, string | number>
  command?: string[]
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string | string[] }
  logging: { options: Record<string, string> }
  stop_grace_period?: string
  [key: string]: unknown
}

const compose = readYaml('docker-compose.yml') as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}
const SERVICES = Object.entries(compose.services)
const RUNNING = SERVICES.filter(([, { restart }]) => restart !== 'no')

describe('every service of docker-compose.yml', () => {
  test.each(SERVICES)('%s is of a version, not of whatever is newest', (_name, { image, build }) => {
    if (build !== undefined) expect(existsSync(join(ROOT, build.context, build.dockerfile))).toBe(true)
    else expect(image).toMatch(/^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/)
  })

  test.each(SERVICES)('%s has no rights it does not need', (_name, service) => {
    expect(service).toMatchObject({
      init: true,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: expect.stringMatching(/^\d+[mg]$/),
    })
    const forbidden = ['privileged', 'cap_add', 'user', 'network_mode', 'pid', 'ipc', 'devices', 'container_name']
    expect(forbidden.filter((key) => key in service)).toEqual([])
  })

  test.each(SERVICES)('%s opens ports on the loopback address alone', (_name, { ports = [] }) => {
    expect(ports.filter((published) => !published.startsWith('127.0.0.1:'))).toEqual([])
  })

  test.each(SERVICES)('%s writes to named volumes, and may only read what it sees of the project', (_name, service) => {
    for (const volume of service.volumes ?? []) {
      const [source, , mode] = volume.split(':')
      if (source!.startsWith('.')) expect([existsSync(join(ROOT, source!)), mode]).toEqual([true, 'ro'])
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
  })

  test.each(SERVICES)('%s has an end to the log that the engine keeps of it', (_name, { logging }) => {
    expect(logging.options).toEqual({ 'max-size': '10m', 'max-file': '3' })
  })

  test.each(SERVICES)('%s waits for the others to be ready or done, not merely started', (_name, { depends_on }) => {
    for (const [other, { condition }] of Object.entries(depends_on ?? {})) {
      const runs = compose.services[other]!.restart !== 'no'
      expect(condition).toBe(runs ? 'service_healthy' : 'service_completed_successfully')
    }
  })

  test.each(RUNNING)('%s has a health check, comes back by itself and may take its time to stop', (_name, service) => {
    const { build, healthcheck, restart, stop_grace_period } = service
    const inImage = build && textsOf(readDockerfile(join(ROOT, build.dockerfile)), 'HEALTHCHECK').length === 1
    expect(healthcheck?.test ?? inImage).toBeTruthy()
    expect([restart, stop_grace_period ?? '10s']).toEqual(['unless-stopped', expect.stringMatching(/^\d+s$/)])
  })

  test('and every named volume is used by one', () => {
    const mounted = SERVICES.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]))
    expect(Object.keys(compose.volumes).filter((name) => !mounted.includes(name))).toEqual([])
  })
})

test('there can be several consumers: none asks for one port of the machine', () => {
  expect(compose.services.consumer!.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:\$\{\w+:-\}:8000$/)])
})

const IMAGES = [
  { command: consumer, file: 'Dockerfile.consumer', service: compose.services.consumer! },
  { command: producer, file: 'Dockerfile.producer', service: compose.services.producer! },
  { command: collector, file: 'Dockerfile.collector', service: compose.services.collector! },
].map((image) => ({ ...image, name: image.command.name, dockerfile: readDockerfile(join(ROOT, image.file)) }))

/** What the container's process sees, with the defaults for what the user may set. */
function environmentOf({ dockerfile, service }: (typeof IMAGES)[number]): Record<string, string> {
  const set = Object.entries(service.environment ?? {}).map(([name, value]) => [
    name,
    String(value).replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'),
  ])
  return { ...valuesOf(dockerfile, 'ENV'), ...Object.fromEntries(set) }
}

function settingsIn(image: (typeof IMAGES)[number]) {
  const parsed = image.command.parse([], environmentOf(image))
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  return parsed.settings
}

describe.each(IMAGES)('the image of the $name', (image) => {
  const { command, dockerfile, file } = image
  /** As `npm run` has it. */
  const words = PACKAGE.scripts[command.name]!.split(' ')
  const entry = words.at(-1)!

  test('begins from node:24-slim', () => {
    expect(new Set(dockerfile.bases)).toEqual(new Set(['node:24-slim']))
  })

  test('runs the program itself, as a user without rights, and lets SIGTERM reach it', () => {
    expect(textsOf(dockerfile, 'ENTRYPOINT')).toEqual([JSON.stringify(words).replaceAll(',', ', ')])
    expect(textsOf(dockerfile, 'USER')).toEqual(['1000:1000'])
    expect(textsOf(dockerfile, 'STOPSIGNAL')).toEqual(['SIGTERM'])
    expect(textsOf(dockerfile, 'HEALTHCHECK')[0]).not.toMatch(/curl|wget/)
  })

  test('says the version of the package, and names no host and no path', () => {
    const labels = valuesOf(dockerfile, 'LABEL')
    expect(labels['org.opencontainers.image.version']).toBe(PACKAGE.version)
    expect(Object.values(labels).filter((label) => label.includes('/'))).toEqual([])
  })

  test('holds every file the program loads, each let through by .dockerignore', () => {
    const admitted = read('.dockerignore').match(/(?<=^!)[^\n]*/gm)!
    const copied = copiedPaths(dockerfile)
    const covers = (paths: readonly string[], loaded: string): boolean =>
      paths.some((path) => loaded === path || loaded.startsWith(path.endsWith('/') ? path : `${path}/`))
    const { files } = importsOf(ROOT, entry)
    expect(files.size).toBeGreaterThan(20)
    expect([...files].filter((loaded) => !covers(copied, loaded) || !covers(admitted, loaded))).toEqual([])
    expect(
      read('.dockerignore')
        .split('\n')
        .filter((line) => !/^[!#]|^$/.test(line)),
    ).toEqual(['*'])
  })

  test('has the packages the program loads: none is for development alone', () => {
    const { packages } = importsOf(ROOT, entry)
    expect(packages).toContain('kafkajs')
    expect([...packages].filter((name) => !(name in PACKAGE.dependencies))).toEqual([])
  })

  test('and its service give only settings that the command has, with values it takes', () => {
    const known = command.settings.map((name) => SETTINGS[name]).flatMap((one) => (isTree(one) ? [] : [one.env]))
    const given = Object.keys(environmentOf(image)).filter((name) => name !== 'NODE_ENV')
    expect(given.filter((name) => !known.includes(name))).toEqual([])
    expect(settingsIn(image)).toMatchObject({ topic: 'user-events' })
  })

  test('is built once and has no service or file of another name', () => {
    expect(image.service.build).toEqual({ context: '.', dockerfile: file })
  })
})

test('the collector asks for a key, and listens at the port that is published', () => {
  const [, , image] = IMAGES
  expect(settingsIn(image!)).toMatchObject({ host: '0.0.0.0', port: 8002 })
  expect(environmentOf(image!).COLLECTOR_API_KEY).not.toBe('')
  expect(image!.service.ports).toEqual([expect.stringMatching(/:8002$/)])
  expect(textsOf(image!.dockerfile, 'EXPOSE')).toEqual(['8002'])
})

test('the producer expects what the consumer counts: both judge by the same settings', () => {
  const [consumers, producers] = IMAGES.map(settingsIn)
  const judgedBy = (settings: object) => CORE_SETTINGS.map((name) => settings[name as keyof typeof settings])
  expect(judgedBy(producers!)).toEqual(judgedBy(consumers!))
})

test('the topics are created as the consumer would create them', () => {
  const parsed = consumer.parse([], environmentOf(IMAGES[0]!))
  if (parsed.outcome !== 'run') throw new Error(JSON.stringify(parsed))
  const { topic, snapshotTopic, deadLetterTopic } = kafkaLogOptionsOf(parsed.settings)
  const { partitions, topicRetentionMs: retentionMs } = parsed.settings
  const plans = [
    sourceTopicPlan(topic, { partitions, replication: 1, retentionMs }),
    deadLetterTopicPlan(deadLetterTopic, partitions, 1),
    snapshotTopicPlan(snapshotTopic, partitions, 1),
  ]
  const script = compose.services['topic-init']!.command!.join('\n').replaceAll(/\\\n\s*/g, '')
  const created = [...script.matchAll(/^topic (\S+) --partitions (\d+) (.*)$/gm)].map(([, name, count, rest]) => ({
    topic: name,
    partitions: Number(count),
    configs: Object.fromEntries(rest!.split(/ ?--config /).flatMap((config) => (config ? [config.split('=')] : []))),
  }))
  expect(created).toEqual(plans.map(({ topic, partitions, configs }) => ({ topic, partitions, configs })))
})

describe('Prometheus', () => {
  const config = readYaml('prometheus/prometheus.yml')

  test('has a configuration that promtool takes', ({ skip }) => {
    if (!mustRun('promtool')) return skip('promtool is not installed')
    const { status, stderr } = spawnSync('promtool', ['check', 'config', join(ROOT, 'prometheus/prometheus.yml')])
    expect([status, String(stderr)]).toEqual([0, expect.any(String)])
  })

  test('finds every consumer by the name of its service, at the port it listens on', () => {
    const [scrape] = config.scrape_configs
    expect(scrape.dns_sd_configs).toEqual([{ names: ['consumer'], type: 'A', port: 8000, refresh_interval: '5s' }])
    expect(settingsIn(IMAGES[0]!)).toMatchObject({ host: '0.0.0.0', port: 8000 })
    expect(textsOf(IMAGES[0]!.dockerfile, 'EXPOSE')).toEqual(['8000'])
    expect(config.global).toMatchObject({ scrape_interval: '5s', scrape_timeout: '5s' })
  })

  test('finds the producer the same way, at the port of its expected totals', () => {
    const [, scrape] = config.scrape_configs
    expect(scrape.job_name).toBe('clickstream-producer')
    expect(scrape.dns_sd_configs).toEqual([{ names: ['producer'], type: 'A', port: 8001, refresh_interval: '5s' }])
    expect(settingsIn(IMAGES[1]!)).toMatchObject({ host: '0.0.0.0', expectedPort: 8001 })
    expect(textsOf(IMAGES[1]!.dockerfile, 'EXPOSE')).toEqual(['8001'])
  })

  test('finds the collector the same way', () => {
    const [, , scrape] = config.scrape_configs
    expect(scrape.job_name).toBe('clickstream-collector')
    expect(scrape.dns_sd_configs).toEqual([{ names: ['collector'], type: 'A', port: 8002, refresh_interval: '5s' }])
  })

  test('scrapes the same with the short rules, only every second', () => {
    const short = readYaml('prometheus/prometheus-short.yml')
    expect(short).toEqual({
      ...config,
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['short/*.yml'],
    })
  })

  test('sends its alerts to the Alertmanager of the stack', () => {
    expect(config.alerting.alertmanagers).toEqual([{ static_configs: [{ targets: ['alertmanager:9093'] }] }])
    const { route, receivers } = readYaml('alertmanager/alertmanager.yml')
    expect(receivers.map(({ name }: { name: string }) => name)).toContain(route.receiver)
  })
})

describe('Grafana', () => {
  test('reads from the Prometheus of the stack, under the uid that dashboards refer to', () => {
    const [source] = readYaml('grafana/provisioning/datasources/prometheus.yml').datasources
    expect(source).toMatchObject({ uid: 'prometheus', type: 'prometheus', url: 'http://prometheus:9090' })
  })

  test('loads dashboards from a folder of the project', () => {
    const { environment, volumes } = compose.services.grafana!
    const [provider] = readYaml('grafana/provisioning/dashboards/clickstream.yml').providers
    const mount = volumes!.find((volume) => volume.startsWith('./grafana:'))!.split(':')[1]
    expect(environment!.GF_PATHS_PROVISIONING).toBe(`${mount}/provisioning`)
    expect(provider.options.path).toBe(`${mount}/dashboards`)
  })

  test('shows everything to anybody, and takes the password of its administrator from the environment', () => {
    expect(compose.services.grafana!.environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
      GF_SECURITY_ADMIN_PASSWORD: expect.stringMatching(/^\$\{GRAFANA_ADMIN_PASSWORD:-/),
    })
  })
})
