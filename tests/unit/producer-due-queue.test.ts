import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDueQueue } from '../../producer/journeys/due-queue.ts'

describe('due queue', () => {
  test('an empty queue has nobody due', () => {
    const queue = createDueQueue<{ dueMs: number }>()
    expect(queue.peek()).toBeUndefined()
    expect(queue.pop()).toBeUndefined()
  })

  test('whatever is pushed and popped in between, the earliest comes first', () => {
    const steps = fc.array(fc.option(fc.integer({ min: 0, max: 50 }), { freq: 3 }), { maxLength: 200 })
    fc.assert(
      fc.property(steps, (dueTimes) => {
        const queue = createDueQueue<{ dueMs: number }>()
        const waiting: number[] = []
        for (const dueMs of dueTimes) {
          if (dueMs === null) {
            expect(queue.pop()?.dueMs).toBe(waiting.shift())
          } else {
            queue.push({ dueMs })
            waiting.push(dueMs)
            waiting.sort((a, b) => a - b)
          }
          expect(queue.peek()?.dueMs).toBe(waiting[0])
        }
      }),
    )
  })
})
