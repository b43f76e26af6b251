import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { ProgressNote, type ReplayedWhat } from '../../producer/replay/progress-note.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'clickstream-note-')), 'replay')
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true }))
})

const what: ReplayedWhat = {
  files: [{ path: '/in/a.csv', bytes: 10, modifiedMs: 5.5 }],
  destination: 'user-events at localhost:9092',
  reading: { format: undefined, columns: undefined },
}
const noted = { id: 'a1', position: { file: 0, records: 12 }, isDone: false }

test('what was noted is read again, the last of it', () => {
  const note = new ProgressNote(folder, what)
  expect(note.read()).toBeUndefined()
  note.save({ ...noted, position: { file: 0, records: 3 } })
  note.save(noted)
  expect(new ProgressNote(folder, what).read()).toMatchObject(noted)
  expect(readdirSync(folder)).toHaveLength(1)
})

test.each<[string, Partial<ReplayedWhat>]>([
  ['to another place', { destination: 'elsewhere' }],
  ['of other files', { files: [{ path: '/in/b.csv', bytes: 10, modifiedMs: 5.5 }] }],
  ['of more files', { files: [...what.files, ...what.files] }],
  ['read in another way', { reading: { format: 'tsv', columns: undefined } }],
])('a replay %s is another replay', (_which, other) => {
  new ProgressNote(folder, what).save(noted)
  expect(new ProgressNote(folder, { ...what, ...other }).read()).toBeUndefined()
})

test.each([
  ['has grown', { bytes: 11 }],
  ['was written anew', { modifiedMs: 6 }],
])('a file that %s cannot be gone on with, and the fix is said', (_what, change) => {
  new ProgressNote(folder, what).save(noted)
  const changed = new ProgressNote(folder, { ...what, files: [{ ...what.files[0]!, ...change }] })
  expect(() => changed.read()).toThrow(/^\/in\/a\.csv has changed since .* replay it anew, without --resume$/)
})

test.each([
  '',
  '{',
  '{}',
  '{"id":"a","position":{"file":-1,"records":0},"isDone":false,"files":[]}',
])('a note that holds %j is refused with its name', (text) => {
  const note = new ProgressNote(folder, what)
  note.save(noted)
  writeFileSync(note.path, text)
  expect(() => note.read()).toThrow(`${note.path} does not say how far a replay has come; delete it`)
})

test('a folder that cannot be one is refused with the flag to change', () => {
  writeFileSync(join(folder, '..', 'file'), '')
  const note = new ProgressNote(join(folder, '..', 'file'), what)
  expect(() => note.save(noted)).toThrow(/cannot be written \(.*\); .* choose another with --progress-folder$/)
})
