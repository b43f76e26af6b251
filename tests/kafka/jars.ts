import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../required-program.ts'
import { finished } from './finished-process.ts'
import { NoBroker } from './no-broker.ts'
import { oneProcessAtATime } from './one-process.ts'

const POM = join(import.meta.dirname, 'native/pom.xml')
const CACHE = join(import.meta.dirname, '../../node_modules/.cache')

/** Of Kafka, wherever a broker comes from. */
export const KAFKA_VERSION = /<kafka\.version>(.+)<\/kafka\.version>/.exec(readFileSync(POM, 'utf8'))![1]!

const JARS = join(CACHE, `kafka-${KAFKA_VERSION}`)

const there = new Set<string>()

/** Looks once. @throws {NoBroker} when the program is not there; an ordinary error where nothing may be skipped */
export function needProgram(program: string): void {
  if (there.has(program)) return
  if (!mustRun(program)) throw new NoBroker(`${program} is not installed`)
  there.add(program)
}

/** The folder of Kafka's jars, which Maven brings the first time. @throws {NoBroker} when they cannot be had or run */
async function kafkaJars(): Promise<string> {
  needProgram('java')
  if (existsSync(JARS)) return JARS
  needProgram('mvn')
  mkdirSync(CACHE, { recursive: true })
  await oneProcessAtATime(`${JARS}.lock`, async () => {
    if (existsSync(JARS)) return
    // What a killed copy left is not taken for the whole.
    const half = `${JARS}.half`
    rmSync(half, { recursive: true, force: true })
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${half}`]
    await finished('mvn', ['--quiet', '--batch-mode', '--file', POM, ...copy])
    renameSync(half, JARS)
  })
  return JARS
}

export interface JavaWords {
  heap: string
  logLevel: 'INFO' | 'ERROR'
  /** Uses the second compiler too, which takes half of the processor time of a start and pays later. */
  forLoad?: boolean
}

/** The arguments with which java runs one of Kafka's classes. */
export async function javaArguments(
  mainClass: string,
  { heap, logLevel, forLoad = false }: JavaWords,
): Promise<string[]> {
  const jars = await kafkaJars()
  return [
    `-Xmx${heap}`,
    ...(forLoad ? [] : ['-XX:TieredStopAtLevel=1']),
    `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'native/log4j2.properties')}`,
    `-Dlog.level=${logLevel}`,
    '-cp',
    join(jars, '*'),
    mainClass,
  ]
}

/** Runs one of Kafka's classes to its end: what it printed. */
export async function runKafkaClass(mainClass: string, args: readonly string[]): Promise<string> {
  const java = await javaArguments(mainClass, { heap: '256m', logLevel: 'ERROR' })
  return finished('java', [...java, ...args])
}
