import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'install-'))
  mkdirSync(join(folder, 'scripts'))
  copyFileSync(new URL('../../scripts/install.mjs', import.meta.url), join(folder, 'scripts/install.mjs'))
  // Stands in for npm: notes what it was asked and where, then ends as told.
  writeFileSync(
    join(folder, 'npm-cli.js'),
    `require('node:fs').writeFileSync('asked', process.argv.slice(2).join(' ')); process.exit(Number(process.env.NPM_ENDS ?? 0))`,
  )
  lock({ left: { version: '1.0.0' } })
})
afterEach(() => rmSync(folder, { recursive: true }))

type Packages = Record<string, { version: string; dev?: boolean; optional?: boolean }>

function lock(packages: Packages) {
  const named = Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry])
  const content = { packages: { '': { version: '9.9.9' }, ...Object.fromEntries(named) } }
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(content))
}

function installed(packages: Packages) {
  mkdirSync(join(folder, 'node_modules'))
  const named = Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry])
  const content = JSON.stringify({ packages: Object.fromEntries(named) })
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), content)
}

function run(env: Record<string, string> = {}) {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'scripts/install.mjs')], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { npm_execpath: join(folder, 'npm-cli.js'), ...env },
  })
  const asked = join(folder, 'asked')
  return { status, stderr, npm: existsSync(asked) ? readFileSync(asked, 'utf8') : undefined }
}

const quiet = { status: 0, stderr: '', npm: undefined }
const said = (reason: string) => ({
  status: 0,
  stderr: `clickstream-exporter: ${reason}: npm ci installs the dependencies\n`,
  npm: 'ci --no-audit --no-fund',
})

test('a fresh clone gets its dependencies', () => {
  expect(run()).toEqual(said('node_modules is missing or was left half installed'))
})

test('what is installed as locked is left alone, silently', () => {
  installed({ left: { version: '1.0.0' } })
  expect(run()).toEqual(quiet)
})

test('another version is replaced', () => {
  installed({ left: { version: '0.9.0' } })
  expect(run()).toEqual(said('node_modules/left is not at 1.0.0'))
})

test('a package that was added is installed', () => {
  installed({ left: { version: '1.0.0' } })
  lock({ left: { version: '1.0.0' }, right: { version: '2.0.0' } })
  expect(run()).toEqual(said('node_modules/right is not at 2.0.0'))
})

test('an optional package of another platform is not missed', () => {
  installed({ left: { version: '1.0.0' } })
  lock({ left: { version: '1.0.0' }, other: { version: '2.0.0', optional: true } })
  expect(run()).toEqual(quiet)
})

test('packages for development are missed unless they were left out on purpose', () => {
  installed({ left: { version: '1.0.0' } })
  lock({ left: { version: '1.0.0' }, tool: { version: '2.0.0', dev: true } })
  expect(run({ NODE_ENV: 'production' })).toEqual(quiet)
  expect(run({ npm_config_omit: 'optional dev' })).toEqual(quiet)
  expect(run()).toEqual(said('node_modules/tool is not at 2.0.0'))
})

test('a list of installed packages that is cut off is made anew', () => {
  installed({})
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{"pack')
  expect(run()).toEqual(said('node_modules/.package-lock.json cannot be read'))
})

test('the exit code is that of npm', () => {
  expect(run({ NPM_ENDS: '7' }).status).toBe(7)
})

test('npm that cannot be started is an error with the way out', () => {
  const { status, stderr } = run({ npm_execpath: '', PATH: folder })
  expect(status).toBe(1)
  expect(stderr).toContain('run npm ci by hand')
})
