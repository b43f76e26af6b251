import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { EVENT_TYPES } from '../../consumer/contract/click-event.ts'
import { DROP_REASONS, REJECT_REASONS } from '../../consumer/contract/outcome.ts'
import { BOUNCE_DEFINITIONS } from '../../consumer/core/count.ts'
import { CONTENT_TYPE } from '../../consumer/expose/registry.ts'
import { serve } from '../../consumer/expose/server.ts'
import { aClickEvent, at } from '../builders.ts'
import { aCollector, eventText } from '../collector-server.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { type Life, Machine } from '../integration/machine.ts'
import { mustRun } from '../required-program.ts'
import { until } from '../running-start.ts'
import { parseStrictly, type StrictFamily } from './strict-exposition.ts'

const PARTITION = { group: 'clickstream-exporter', topic: 'user-events', partition: '0' }
const traffic = (seed: number, count = 500) =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00'),
    stepMs: 20_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

/** An exporter that has seen every kind of event, some of it rejected. */
async function anExporterWithData(machine = new Machine()): Promise<{ machine: Machine; life: Life }> {
  const life = await machine.boot({ classicMetrics: true })
  await machine.append(life.log, traffic(1))
  await life.log.append([{ key: 'ann', value: Buffer.from('{"broken"') }])
  await life.settled()
  machine.nowMs += 1_000
  return { machine, life }
}

const pageOf = async (life: Life): Promise<string> => (await fetch(`${life.url}/metrics`)).text()

const totalOf = (
  families: ReadonlyMap<string, StrictFamily>,
  name: string,
  labels: Record<string, string> = {},
): number =>
  (families.get(name)?.samples ?? [])
    .filter((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text))
    .reduce((sum, { value }) => sum + value, 0)

describe('the page of metrics', () => {
  test('is text format 0.0.4, whatever the scraper would rather have', async () => {
    const { life } = await anExporterWithData()
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
    const response = await fetch(`${life.url}/metrics`, { headers: { accept } })
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(response.headers.get('content-type')).toBe(CONTENT_TYPE)
    expect(await response.text()).not.toContain('# EOF')
  })

  test('has nothing that promtool would complain of, classic names included', async ({ skip }) => {
    if (!mustRun('promtool')) return skip('promtool is not installed')
    const { life } = await anExporterWithData()
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await pageOf(life),
      encoding: 'utf8',
    })
    expect([stdout, stderr, status]).toStrictEqual(['', '', 0])
  })

  test('of a collector has nothing to complain of either', async ({ skip }) => {
    const { url, post } = await aCollector()
    await post(`[${eventText()},5]`)
    const text = await (await fetch(`${url}/metrics`)).text()
    const families = [...parseStrictly(text).values()].filter(({ name }) => name.startsWith('clickstream_collector_'))
    expect(families).toHaveLength(10)
    for (const { name, help, samples } of families)
      expect([name, help.length > 10, samples.length > 0]).toStrictEqual([name, true, true])
    if (!mustRun('promtool')) return skip('promtool is not installed')
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect([stdout, stderr, status]).toStrictEqual(['', '', 0])
  })

  test('can be read to the letter, and every family has its HELP, its TYPE and its labels', async () => {
    const { life } = await anExporterWithData()
    const families = parseStrictly(await pageOf(life))
    expect(families.size).toBeGreaterThan(40)
    for (const { name, help, type, samples } of families.values()) {
      expect([name, help.length > 10, ['counter', 'gauge', 'histogram'].includes(type)]).toStrictEqual([
        name,
        true,
        true,
      ])
      const seen = new Set(samples.map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).sort()])))
      expect([name, seen.size]).toStrictEqual([name, samples.length])
    }
    for (const { name, samples } of families.values()) {
      const isOwn = name.startsWith('clickstream_') && samples.some(({ labels }) => 'partition' in labels)
      if (isOwn) expect([name, samples.every(({ labels }) => matches(labels, PARTITION))]).toStrictEqual([name, true])
    }
  })

  test.each([
    'quotes "inside" and \\ backslashes \\n',
    'two\nlines\r\n',
    'emoji 🛒🇨🇭 und Umlaute äöü',
    'braces {a="b"} 1',
    'commas, = and #',
    ' blanks around ',
    '\u0000\u0001\u2028',
  ])('gives back a page named %j as it was', async (page) => {
    const machine = new Machine()
    const life = await machine.boot({ classicMetrics: true })
    await machine.append(life.log, [aClickEvent({ at: '09:00:00', page })])
    await life.settled()
    machine.nowMs += 1_000
    const families = parseStrictly(await pageOf(life))
    const label = page.replace(/[?#].*$/s, '')
    expect(families.get('clickstream_page_views_total')!.samples).toContainEqual({
      name: 'clickstream_page_views_total',
      labels: { page: label, ...PARTITION },
      value: 1,
    })
    expect(totalOf(families, 'page_views_total', { page: label })).toBe(1)
  })

  test('has consistent histograms: buckets rise to the count, and there is a sum', async () => {
    const { life } = await anExporterWithData()
    const families = parseStrictly(await pageOf(life))
    const histograms = [...families.values()].filter(({ type, samples }) => type === 'histogram' && samples.length > 0)
    expect(histograms.length).toBeGreaterThan(5)
    for (const { name, samples } of histograms) {
      const owners = Map.groupBy(samples, ({ labels: { le: _le, ...rest } }) =>
        JSON.stringify(Object.entries(rest).sort()),
      )
      for (const series of owners.values()) {
        const buckets = series.filter((sample) => sample.name === `${name}_bucket`)
        const bounds = buckets.map(({ labels }) => Number(labels.le!.replace('+Inf', 'Infinity')))
        const counts = buckets.map(({ value }) => value)
        expect(bounds).toStrictEqual(bounds.toSorted((a, b) => a - b))
        expect(counts).toStrictEqual(counts.toSorted((a, b) => a - b))
        expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY)
        const rest = series.filter((sample) => sample.name !== `${name}_bucket`)
        expect(rest.map((sample) => sample.name).sort()).toStrictEqual([`${name}_count`, `${name}_sum`])
        expect(rest.find((sample) => sample.name === `${name}_count`)!.value).toBe(counts.at(-1))
      }
    }
    const durations = families.get('clickstream_session_duration_seconds')!.samples
    expect(durations.find(({ name }) => name.endsWith('_count'))!.value).toBe(
      totalOf(families, 'clickstream_sessions_closed_total'),
    )
    expect(totalOf(families, 'clickstream_sessions_closed_total')).toBeGreaterThan(10)
  })

  test('accounts for every record at every scrape', async () => {
    const machine = new Machine()
    const life = await machine.boot()
    const records = traffic(3, 5_000)
    let consumed = 0
    let scrapes = 0
    const appended = (async () => {
      for (let from = 0; from < records.length; from += 100)
        await machine.append(life.log, records.slice(from, from + 100))
    })()
    while (consumed < records.length) {
      machine.nowMs += 1_000
      const families = parseStrictly(await pageOf(life))
      consumed = totalOf(families, 'clickstream_records_consumed_total')
      const parts = ['events_total', 'events_dropped_total', 'records_rejected_total']
      expect(parts.reduce((sum, name) => sum + totalOf(families, `clickstream_${name}`), 0)).toBe(consumed)
      const views = totalOf(families, 'clickstream_page_views_total')
      expect(views).toBe(totalOf(families, 'clickstream_events_total', { event: 'page_view' }))
      scrapes++
    }
    await appended
    expect(scrapes).toBeGreaterThan(3)
  })

  test('begins every known label at 0, so that the first event is an increase', async () => {
    const machine = new Machine()
    const life = await machine.boot({ classicMetrics: true })
    await life.settled()
    machine.nowMs += 1_000
    const families = parseStrictly(await pageOf(life))
    const labelsOf = (name: string, label: string) =>
      families.get(`clickstream_${name}`)!.samples.map(({ labels }) => labels[label])
    expect(labelsOf('events_total', 'event')).toStrictEqual([...EVENT_TYPES])
    expect(labelsOf('sessions_with_event_total', 'event')).toStrictEqual([...EVENT_TYPES])
    expect(labelsOf('events_dropped_total', 'reason')).toStrictEqual([...DROP_REASONS])
    expect(labelsOf('records_rejected_total', 'reason')).toStrictEqual([...REJECT_REASONS])
    expect(labelsOf('sessions_bounced_total', 'definition')).toStrictEqual([...BOUNCE_DEFINITIONS])
    expect(labelsOf('funnel_sessions_total', 'step')).toStrictEqual(['view', 'cart', 'purchase'])
    for (const { name, type, samples } of families.values()) {
      if (type === 'counter' && name.startsWith('clickstream_') && !/commits_total$/.test(name)) {
        expect([name, samples.every(({ value }) => value === 0)]).toStrictEqual([name, true])
      }
    }
    for (const name of ['average_session_duration_seconds', 'bounce_rate_percent'])
      expect(totalOf(families, name)).toBe(0)
  })

  test('of more than 10,000 series warns once and is still complete', async () => {
    const machine = new Machine()
    const life = await machine.boot({ core: { maxPages: 3_000 } })
    const pages = Array.from({ length: 3_000 }, (_, page) => `/page-${page}-x`)
    await machine.append(
      life.log,
      pages.map((page) => aClickEvent({ at: '09:00:00', page })),
    )
    await life.settled()
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    let text = ''
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      machine.nowMs += 1_000
      text = await pageOf(life)
    }
    delay.disable()
    expect(parseStrictly(text).get('clickstream_page_views_total')!.samples).toHaveLength(3_002)
    console.info(`longest block while serving more than 10,000 series: ${(delay.max / 1e6).toFixed(0)} ms`)
    expect(machine.linesSaying('more than 10,000 series')).toMatchObject([{ series: expect.any(Number) }])
    expect(machine.linesSaying('more than 10,000 series')[0]!.series).toBeGreaterThan(10_000)
  })
})

describe('the server', () => {
  test.each(['/metrics', '/-/healthy', '/-/ready', '/'])('answers HEAD %s without a body', async (path) => {
    const { life } = await anExporterWithData()
    const response = await fetch(life.url + path, { method: 'HEAD' })
    expect([response.status, await response.text()]).toStrictEqual([200, ''])
  })

  test.each([
    { method: 'GET', path: '/metric', status: 404, says: 'try /metrics' },
    { method: 'GET', path: '/%', status: 404, says: 'try /metrics' },
    { method: 'GET', path: '/../etc/passwd', status: 404, says: 'try /metrics' },
    { method: 'POST', path: '/metrics', status: 405, says: 'only GET and HEAD' },
    { method: 'DELETE', path: '/', status: 405, says: 'only GET and HEAD' },
    { method: 'OPTIONS', path: '/-/ready', status: 405, says: 'only GET and HEAD' },
  ])('answers $method $path with $status', async ({ method, path, status, says }) => {
    const { life } = await anExporterWithData()
    const response = await fetch(life.url + path, { method })
    expect([response.status, response.headers.get('allow')]).toStrictEqual([
      status,
      status === 405 ? 'GET, HEAD' : null,
    ])
    expect(await response.text()).toContain(says)
    expect(response.headers.get('x-powered-by')).toBeNull()
  })

  test('is healthy at once, and ready only when every partition is restored', async () => {
    const machine = new Machine({ partitions: 2 })
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const life = await machine.boot({
      faults: (log) => ({
        async positions(...call) {
          await opened
          return log.positions(...call)
        },
      }),
    })
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(life.url + path)
      return [response.status, await response.text()]
    }
    expect(await get('/-/healthy')).toStrictEqual([200, 'healthy\n'])
    expect(await get('/-/ready')).toStrictEqual([503, 'not ready: partitions 0, 1: being restored\n'])
    expect((await get('/'))[1]).toContain('partitions 0, 1: being restored')
    open()
    await until(async () => ((await get('/-/ready'))[0] === 200 ? true : undefined), 'readiness')
    expect(await get('/-/ready')).toStrictEqual([200, 'ready\n'])
  })

  test('has a landing page whose links all lead somewhere', async () => {
    const { life } = await anExporterWithData()
    const response = await fetch(life.url)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const links = [...(await response.text()).matchAll(/href="([^"]+)"/g)].map(([, link]) => link!)
    expect(links).toContain('/metrics')
    for (const link of links) expect([link, (await fetch(life.url + link)).status]).toStrictEqual([link, 200])
  })

  test('listens on the given address only', async ({ skip }) => {
    const { life } = await anExporterWithData()
    const { hostname, port } = new URL(life.url)
    expect(hostname).toBe('127.0.0.1')
    const elsewhere = Object.values(networkInterfaces())
      .flat()
      .find((address) => address!.family === 'IPv4' && !address!.internal)
    if (elsewhere === undefined) return skip('this machine has one address only')
    await expect(connected(elsewhere.address, Number(port))).rejects.toThrow('ECONNREFUSED')
    await expect(connected('127.0.0.1', Number(port))).resolves.toBeUndefined()
  })

  test('whose port is taken says which and how to choose another', async () => {
    const { life } = await anExporterWithData()
    const port = Number(new URL(life.url).port)
    const second = serve({ host: '127.0.0.1', port, metrics: async () => '', waitingFor: () => [], onError: () => {} })
    await expect(second).rejects.toThrow(
      `another process listens on 127.0.0.1:${port}; stop it, or choose another with --port`,
    )
  })

  test('refuses huge headers and goes on', async () => {
    const { life } = await anExporterWithData()
    const refused = await fetch(`${life.url}/metrics`, { headers: { 'x-huge': 'x'.repeat(100_000) } })
    expect(refused.status).toBe(431)
    expect((await fetch(`${life.url}/metrics`)).status).toBe(200)
  })

  test('answers others while connections that never finish their request are open', async () => {
    const { life } = await anExporterWithData()
    const { hostname, port } = new URL(life.url)
    const slow = Array.from({ length: 50 }, () => connect(Number(port), hostname))
    for (const socket of slow) socket.on('error', () => {}).write('GET /metrics HTTP/1.1\r\nHost: here\r\nX-Slow: ')
    expect((await fetch(`${life.url}/metrics`)).status).toBe(200)
    await life.stop()
    for (const socket of slow) await until(async () => (socket.destroyed ? true : undefined), 'the stop to end it')
  })
})

const matches = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([label, text]) => labels[label] === text)

function connected(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}
