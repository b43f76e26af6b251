import { describe, expect, test } from 'vitest'
import { DISORDERS, type Disorders, NO_DISORDER } from '../../consumer/settings/disorders.ts'
import { disorder } from '../../consumer/settings/parse-disorder.ts'

const ALL = Object.fromEntries(DISORDERS.map((kind) => [kind, 0.01])) as Disorders
const KINDS = DISORDERS.join(', ')

describe('disorder is read', () => {
  test.each<[given: string, expected: Disorders]>([
    ['none', NO_DISORDER],
    ['all', ALL],
    ['duplicate=0.02,late=0.01', { ...NO_DISORDER, duplicate: 0.02, late: 0.01 }],
    [' duplicate = 0.02 , late=.01 ', { ...NO_DISORDER, duplicate: 0.02, late: 0.01 }],
    ['all,late=0.2,bot=0', { ...ALL, late: 0.2, bot: 0 }],
    ['bot=1,late=1,truncated=1', { ...NO_DISORDER, bot: 1, late: 1, truncated: 1 }],
    ['bad_json=0.7,wrong_type=0.1,truncated=0.2', { ...NO_DISORDER, bad_json: 0.7, wrong_type: 0.1, truncated: 0.2 }],
    ['late=0', NO_DISORDER],
  ])('%j', (given, expected) => {
    expect(disorder.parse(given)).toStrictEqual({ ok: true, value: expected })
  })

  test.each<[items: string[], expected: Disorders]>([
    [['none'], NO_DISORDER],
    [['all', 'late=0.2'], { ...ALL, late: 0.2 }],
  ])('from a YAML list, %j', (items, expected) => {
    expect(disorder.parseItems!(items)).toStrictEqual({ ok: true, value: expected })
  })

  test('and can be changed by nobody afterwards', () => {
    const reading = disorder.parse('late=0.1')
    expect(reading.ok && Object.isFrozen(reading.value)).toBe(true)
  })
})

describe('disorder is refused', () => {
  test.each<[given: string, fix: string]>([
    ['', 'is empty, write none, all or shares such as duplicate=0.02,late=0.01'],
    ['lat=0.1', `write a share of ${KINDS} (did you mean late?)`],
    ['delayed-duplicates=0.1', `write a share of ${KINDS} (did you mean delayed_duplicate?)`],
    ['nona', `write a share of ${KINDS} (did you mean none?)`],
    ['weather=1', `write a share of ${KINDS}`],
    ['late', 'write a share from 0 to 1, such as late=0.01'],
    ['late=', 'write a share from 0 to 1, such as late=0.01'],
    ['late=2', 'write a share from 0 to 1, such as late=0.01'],
    ['late=-0.1', 'write a share from 0 to 1, such as late=0.01'],
    ['late=2%', 'write a share from 0 to 1, such as late=0.01'],
    ['late=1e-3', 'write a share from 0 to 1, such as late=0.01'],
    ['late=0.1=0.2', 'write a share from 0 to 1, such as late=0.01'],
    ['duplicate=0.1,lat=0.1', `"lat=0.1": write a share of ${KINDS} (did you mean late?)`],
    ['late=0.1,', `"": write a share of ${KINDS}`],
    ['late=0.1,late=0.2', 'late stands there twice, take one out'],
    ['late=0.1,all', '"all": write all at the beginning and without a share, it is 0.01 of each kind'],
    ['all=0.1', 'write all at the beginning and without a share, it is 0.01 of each kind'],
    ['none,late=0.1', '"none": stands alone, take it or the rest out'],
    ['late=0.7,future_dated=0.4', 'late and future_dated add up to 1.1, write at most 1 for them together'],
    [
      'all,duplicate=0.96',
      'duplicate, delayed_duplicate, out_of_order, bad_json, wrong_type and truncated add up to 1.01, write at most 1 for them together',
    ],
  ])('%j', (given, fix) => {
    expect(disorder.parse(given)).toStrictEqual({ ok: false, fix })
  })

  test('when a YAML list has nothing in it', () => {
    expect(disorder.parseItems!([])).toMatchObject({ ok: false })
  })
})
