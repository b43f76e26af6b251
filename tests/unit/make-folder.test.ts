import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolder } from '../../consumer/make-folder.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'make-folder-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('creates a folder with those it stands in, and leaves one that is there', () => {
  const inner = join(folder, 'a', 'b', 'c')
  makeFolder(inner)
  writeFileSync(join(inner, 'kept'), '')
  makeFolder(inner)
  makeFolder(join(folder, 'a', 'd'))
  expect(statSync(join(inner, 'kept')).isFile()).toBe(true)
  expect(statSync(join(folder, 'a', 'd')).isDirectory()).toBe(true)
})

test('says what is in the way of a folder', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(() => makeFolder(file)).toThrow('EEXIST')
  expect(() => makeFolder(join(file, 'a', 'b'))).toThrow('EEXIST')
})

test('comes back from a folder that takes none', () => {
  expect(() => makeFolder('/proc/clickstream/data')).toThrow("mkdir '/proc")
})
