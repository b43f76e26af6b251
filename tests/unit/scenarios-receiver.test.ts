import { expect, onTestFinished, test } from 'vitest'
import { at } from '../builders.ts'
import { openReceiver } from '../scenarios/receiver.ts'

const alert = (status: 'firing' | 'resolved', startedAt: string, endedAt = '00:00:00') => ({
  status,
  labels: { alertname: 'BadData', topic: 'late-burst' },
  startsAt: new Date(at(startedAt)).toISOString(),
  endsAt: new Date(at(endedAt)).toISOString(),
  fingerprint: 'a',
})

const times = async (...notifications: ReturnType<typeof alert>[][]): Promise<unknown> => {
  const receiver = await openReceiver()
  onTestFinished(() => receiver.close())
  for (const alerts of notifications) {
    expect((await fetch(receiver.url, { method: 'POST', body: JSON.stringify({ alerts }) })).status).toBe(200)
  }
  return receiver.told().map(({ name, startedMs, endedMs }) => [name, startedMs, endedMs])
}

test('an alert fires until its end is told', async () => {
  expect(await times([alert('firing', '09:00:00')])).toStrictEqual([['BadData', at('09:00:00'), undefined]])
  expect(await times([alert('firing', '09:00:00')], [alert('resolved', '09:00:00', '09:00:30')])).toStrictEqual([
    ['BadData', at('09:00:00'), at('09:00:30')],
  ])
})

test('the same alert can fire twice', async () => {
  expect(
    await times(
      [alert('firing', '09:00:00')],
      [alert('resolved', '09:00:00', '09:00:30'), alert('firing', '09:01:00')],
    ),
  ).toStrictEqual([
    ['BadData', at('09:00:00'), at('09:00:30')],
    ['BadData', at('09:01:00'), undefined],
  ])
})

test('an alert that fires again without a word in between was over before that', async () => {
  expect(await times([alert('firing', '09:00:00')], [alert('resolved', '09:01:00', '09:01:10')])).toStrictEqual([
    ['BadData', at('09:00:00'), at('09:01:00')],
  ])
})

test('the end of what nobody was told fires is no alert', async () => {
  expect(await times([alert('resolved', '09:00:00', '09:00:30')])).toStrictEqual([])
})
