import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventText } from '../collector-server.ts'
import { parseExposition } from '../exposition.ts'
import { sumOf } from '../integration/machine.ts'
import { finished } from '../kafka/finished-process.ts'
import { freePort } from '../kafka/free-port.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { rawConnection } from '../raw-http.ts'
import { mustRun } from '../required-program.ts'
import { type RunningStart, spawnStart, until } from '../running-start.ts'
import { askAll, CONTRACT_FLAGS, STORED, WANTED } from './collector-contract.ts'
import { someFiles } from './command-run.ts'
import { spawnCollector } from './running-collector.ts'

interface Stats {
  readonly total_events: number
  readonly events_by_type: Record<string, number>
  readonly caught_up: boolean
  readonly recent_events: readonly Record<string, unknown>[]
}

/** What the log holds, as the API says it. */
async function logOf(url: string): Promise<{ stats: Stats; exported: Record<string, unknown>[] }> {
  const stats = await until(async () => {
    const answer = (await (await fetch(`${url}/stats`)).json()) as Stats
    return answer.caught_up ? answer : undefined
  }, 'the whole log to be counted')
  const response = await fetch(`${url}/export?format=json`)
  return { stats, exported: (await response.json()) as Record<string, unknown>[] }
}

const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/events`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body })

const idsIn = (events: readonly Record<string, unknown>[]): unknown[] => events.map(({ event_id: id }) => id).sort()

/** Asks for everything the contract has, and then what the log holds of it. */
async function expectContract(url: string): Promise<void> {
  expect(await askAll(url)).toEqual(WANTED)
  const { stats, exported } = await logOf(url)
  expect([stats.total_events, exported.length]).toEqual([STORED, STORED])
  expect(stats.events_by_type).toMatchObject({ page_view: STORED - 2, click: 1, purchase: 1, custom: 0 })
  // Those that came without an id were given one.
  expect(new Set(idsIn(exported)).size).toBe(STORED)
  for (const { event_id: id } of exported) expect(id).toMatch(/^(x|[\da-f-]{36})$/)
}

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-collect-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function start(...flags: string[]): Promise<RunningStart> {
  const running = await spawnStart(['--rate', '0', ...flags])
  onTestFinished(async () => {
    await running.end('SIGKILL')
  })
  return running
}

describe('npm start', () => {
  test('answers all of the contract, and its own metrics count what it took', async () => {
    const { url, output } = await start('--data', aFolder(), ...CONTRACT_FLAGS)
    expect(output()).toContain(`events    POST ${url}/events\n`)
    await expectContract(url)
    const page = await until(async () => {
      const shown = parseExposition(await (await fetch(`${url}/metrics`)).text())
      return sumOf(shown, 'records_consumed_total') === STORED ? shown : undefined
    }, 'the exporter to count them')
    expect(page.get('clickstream_collector_records_total{outcome="accepted"}')).toBe(STORED)
    expect(sumOf(page, 'records_rejected_total')).toBe(0)
  })

  test('has what it answered for after it was killed', async () => {
    const data = aFolder()
    const killed = await start('--data', data)
    const body = `[${eventText({ event_id: 'a' })},${eventText()}]`
    expect((await post(killed.url, body)).status).toBe(200)
    await killed.end('SIGKILL')
    const { url } = await start('--data', data)
    const { stats, exported } = await logOf(url)
    expect([stats.total_events, exported.length]).toEqual([2, 2])
    expect(idsIn(stats.recent_events as Record<string, unknown>[])).toEqual(idsIn(exported))
  })

  test('shows people a page with links that lead somewhere and a command, and programs how it gets on', async () => {
    const { url } = await start('--data', aFolder())
    const page = await (await fetch(url, { headers: { Accept: 'text/html,*/*;q=0.8' } })).text()
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!)
    expect(links).toEqual(expect.arrayContaining(['/metrics', '/stats', '/export']))
    for (const link of links) expect([link, (await fetch(url + link)).status]).toEqual([link, 200])
    expect(page).toContain(`${url}/events</pre>`)
    expect(await (await fetch(url)).json()).toEqual({ status: 'healthy', log: 'available' })
  })

  test('takes in nothing with --collect off, and says nothing of it', async () => {
    const { url, output } = await start('--data', aFolder(), '--collect', 'off')
    expect(output()).not.toContain('POST')
    const page = await fetch(url)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await page.text()).not.toContain('/events')
    for (const path of ['/events', '/stats', '/export']) expect((await fetch(url + path)).status).toBe(404)
    expect(await (await fetch(`${url}/metrics`)).text()).not.toContain('clickstream_collector_')
  })

  test('open to others without a key goes on without the API, and says how to have it', async () => {
    const { url, output } = await start('--data', aFolder(), '--host', '0.0.0.0')
    expect(output()).toMatch(/warning: \/events, \/stats and \/export are closed: .*COLLECTOR_API_KEY/)
    const response = await post(url, eventText())
    expect([response.status, await response.json()]).toMatchObject([403, { reason: 'api_key_needed' }])
    expect((await fetch(`${url}/metrics`)).status).toBe(200)
  })

  test('open to others with a key serves whoever has it', async () => {
    const [file] = someFiles({ key: 'a key\n' }) as [string]
    const { url, output } = await start('--data', aFolder(), '--host', '0.0.0.0', '--collector-api-key-file', file)
    expect((await post(url, eventText())).status).toBe(401)
    expect((await post(url, eventText(), { 'X-API-Key': 'a key' })).status).toBe(200)
    expect(output()).not.toMatch(/a key|warning/)
  })
})

test('the commands in its documentation do what they are said to', async ({ skip }) => {
  if (!mustRun('curl')) return skip('curl is not installed')
  const { url } = await start('--data', aFolder())
  const text = readFileSync(new URL('../../docs/collector.md', import.meta.url), 'utf8')
  const commands = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, command]) => command!)
  const [one, lines, exporting, ...others] = commands.filter((command) => command.includes('127.0.0.1:8000'))
  expect(others).toEqual([])
  const folder = aFolder()
  const run = (command: string) =>
    finished('sh', ['-c', command.replace('http://127.0.0.1:8000', url).replace('curl', 'curl -sS')], folder)
  expect(JSON.parse(await run(one!))).toEqual({ status: 'accepted', processed: 1 })
  expect(JSON.parse(await run(lines!))).toEqual({ status: 'accepted', processed: 2 })
  await run(exporting!)
  expect(readFileSync(join(folder, 'events.ndjson'), 'utf8').trim().split('\n')).toHaveLength(3)
})

describe('npm run collector', () => {
  kafkaTest('answers all of the contract, and the topic has what it answered for', async ({ broker, kafka }) => {
    const topic = uniqueName('collected')
    const collector = spawnCollector(['--brokers', broker.bootstrap, '--topic', topic, ...CONTRACT_FLAGS])
    const url = await collector.url
    expect(collector.output()).toContain(`events    POST ${url}/events`)
    await expectContract(url)
    const records = await kafka.readAll(topic)
    expect(records).toHaveLength(STORED)
    for (const { key, value } of records) expect(String(JSON.parse(String(value)).user_id)).toBe(String(key))
    expect(await collector.end('SIGTERM')).toBe(0)
    expect(collector.output()).toMatch(/stopping: answering what is pending \.\.\.\nstopped\n$/)
  })

  kafkaTest('has what it answered for after it was killed', async ({ broker }) => {
    const flags = ['--brokers', broker.bootstrap, '--topic', uniqueName('collected')]
    const killed = spawnCollector(flags)
    expect((await post(await killed.url, `[${eventText()},${eventText()},${eventText()}]`)).status).toBe(200)
    await killed.end('SIGKILL')
    const { stats, exported } = await logOf(await spawnCollector(flags).url)
    expect([stats.total_events, exported.length]).toEqual([3, 3])
  })

  kafkaTest('refuses what it cannot hold with a time to come again', async ({ broker }) => {
    const topic = ['--brokers', broker.bootstrap, '--topic', uniqueName('collected')]
    const url = await spawnCollector([...topic, '--max-pending-bytes', '1MiB', '--max-body-size', '384KiB']).url
    const length = 384 * 1024
    const head = `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}`
    const { socket } = rawConnection(Number(new URL(url).port), `${head}\r\n\r\n${' '.repeat(length - 1)}`)
    await until(async () => {
      const page = parseExposition(await (await fetch(`${url}/metrics`)).text())
      return page.get('clickstream_collector_pending_bytes') === length ? true : undefined
    }, 'a request to be held that has not arrived in full')
    const response = await post(url, eventText().padEnd(length))
    socket.destroy()
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await response.json()).toMatchObject({ status: 'refused', reason: 'client_over_share' })
  })

  kafkaTest('waits for a broker that is away at the start, says so, and then takes events', async ({ startOwn }) => {
    const broker = await startOwn()
    await broker.stop()
    const collector = spawnCollector(['--brokers', broker.bootstrap, '--append-timeout', '1s'])
    const url = await collector.url
    await until(async () => {
      const response = await fetch(`${url}/-/ready`)
      return response.status === 503 && (await response.text()).includes(broker.bootstrap) ? true : undefined
    }, '/-/ready to name the broker')
    expect((await fetch(`${url}/-/healthy`)).status).toBe(200)
    const early = await post(url, eventText({ event_id: 'early' }))
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)])
    expect(await early.json()).toMatchObject({ reason: 'log_unavailable' })

    await until(async () => collector.output().includes(`warning: nothing gets into the log: `) || undefined, 'a word')
    await broker.start()
    await until(async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined), 'readiness')
    await until(async () => collector.output().includes('warning: the log takes events again') || undefined, 'the end')
    const again = await post(url, eventText({ event_id: 'early' }))
    expect([again.status, await again.json()]).toMatchObject([200, { status: 'accepted', processed: 1 }])
    // The first one waited all the while, and is not written a second time.
    expect(idsIn((await logOf(url)).exported)).toEqual(['early'])
    expect(await collector.end('SIGTERM')).toBe(0)
  })

  test('ends in order while no broker can be reached', async () => {
    const brokers = `127.0.0.1:${await freePort()}`
    const collector = spawnCollector(['--brokers', brokers, '--append-timeout', '500ms'])
    const pending = post(await collector.url, eventText())
    await pending.then(({ status }) => expect(status).toBe(503))
    expect(await collector.end('SIGINT')).toBe(0)
  })

  test.each([
    ['no key', [], {}, /COLLECTOR_API_KEY: is needed because --host 0\.0\.0\.0 lets others reach the collector/],
    ['a key file that is empty', ['--collector-api-key-file', '/dev/null'], {}, /is empty, write the key into it/],
    [
      'two keys',
      ['--collector-api-key-file', 'f'],
      { COLLECTOR_API_KEY: 'hush' },
      /COLLECTOR_API_KEY gives the key too/,
    ],
  ])('does not start, open to others, with %s', async (_what, flags, env, fix) => {
    const collector = spawnCollector(['--host', '0.0.0.0', ...flags], env)
    expect(await collector.ended).toBe(2)
    expect(collector.output()).toMatch(fix)
    expect(collector.output()).not.toContain('hush')
  })
})
