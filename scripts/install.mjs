// Brings node_modules in line with package-lock.json; npm runs it before every script that needs the dependencies.
// Plain JavaScript for any Node: it runs on the machine's own, before the one in node_modules exists.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 18

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = `${root}package-lock.json`
const installed = `${root}node_modules/.package-lock.json`

process.exitCode = main()

function main() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    say(
      `needs Node ${OLDEST_NODE} or newer to install the dependencies, this is ${process.version}: https://nodejs.org`,
    )
    return 1
  }
  const reason = reasonToInstall()
  if (reason === undefined) return 0
  say(`${reason}: npm ci installs the dependencies`)
  return install()
}

function say(line) {
  process.stderr.write(`clickstream-exporter: ${line}\n`)
}

/** Compares contents, never file times: a fresh clone gives all files the same. */
function reasonToInstall() {
  if (!existsSync(installed)) return 'node_modules is missing or was left half installed'
  const there = packagesOf(installed)
  if (there === undefined) return 'node_modules/.package-lock.json cannot be read'
  const locked = packagesOf(wanted)
  if (locked === undefined) return 'package-lock.json cannot be read'
  for (const [path, entry] of Object.entries(locked)) {
    if (path === '') continue
    const present = there[path]
    if (present === undefined ? !mayBeLeftOut(entry) : present.version !== entry.version)
      return `${path} is not at ${entry.version}`
  }
  return undefined
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Optional packages are for other platforms; a production image comes without what only development needs. */
function mayBeLeftOut(entry) {
  if (entry.optional || entry.devOptional) return true
  const { NODE_ENV, npm_config_omit: omit = '' } = process.env
  return Boolean(entry.dev) && (NODE_ENV === 'production' || omit.split(/\s+/).includes('dev'))
}

function install() {
  const options = ['ci', '--no-audit', '--no-fund']
  const { npm_execpath: npm = '', npm_node_execpath: node } = process.env
  // Under npm, that npm and its own node: the node in node_modules is about to be replaced.
  const { status, error } = npm.endsWith('npm-cli.js')
    ? spawnSync(node || process.execPath, [npm, ...options], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', options, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (error !== undefined) say(`npm could not be started (${error.message}), run npm ci by hand`)
  return status === null || status === undefined ? 1 : status
}
