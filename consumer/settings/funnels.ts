import { z } from 'zod'
import { EVENT_TYPES } from '../contract/click-event.ts'
import { type Funnel, type FunnelStep, MOST_FUNNEL_STEPS } from '../core/funnel.ts'
import type { TreeFault } from './entry.ts'
import { suggestion } from './suggestion.ts'

export const DEFAULT_FUNNELS: readonly Funnel[] = freeze([
  {
    name: 'purchase',
    steps: [
      { name: 'view', event: 'page_view' },
      { name: 'cart', event: 'add_to_cart' },
      { name: 'purchase', event: 'purchase' },
    ],
  },
  {
    name: 'checkout',
    steps: [
      { name: 'view', event: 'page_view' },
      { name: 'cart', event: 'add_to_cart' },
      { name: 'checkout', event: 'checkout' },
      { name: 'purchase', event: 'purchase' },
    ],
  },
])

/** Every funnel is a handful of series per partition, for ever. */
const MOST_FUNNELS = 10

const NAME = /^[a-z0-9][\w .-]{0,63}$/i
const NAME_FIX = 'a name starts with a letter or digit and has at most 64 letters, digits, blanks, dots, - and _'

const stepSchema = z.strictObject({
  name: z.string({ error: 'write a name, in quotes if it is a number' }).regex(NAME, { error: NAME_FIX }).optional(),
  event: z.enum(EVENT_TYPES, {
    error: ({ input }) => `write one of ${EVENT_TYPES.join(', ')}${suggestion(String(input ?? ''), EVENT_TYPES)}`,
  }),
  page: z
    .string({ error: 'write a page, in quotes if it is a number' })
    .min(1, { error: 'is empty, write a page such as /product/:id or /category/*, or leave it out' })
    .optional(),
})

const stepsSchema = z
  .array(z.unknown(), { error: 'write a list of steps such as - { event: purchase }' })
  .min(1, { error: 'has no step, write at least one such as - { event: purchase }' })

/** Reads `name: [{ name?, event, page? }, ...]`; a step without a name is called by its event. */
export function readFunnels(
  tree: unknown,
): { readonly funnels: readonly Funnel[] } | { readonly faults: readonly TreeFault[] } {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree))
    return { faults: [{ path: [], fix: 'write funnel names with a list of steps each, or {} for no funnels' }] }
  const faults: TreeFault[] = []
  const funnels = Object.entries(tree).map(([name, steps]): Funnel => {
    if (!NAME.test(name)) faults.push({ path: [name], fix: NAME_FIX })
    return { name, steps: readSteps(name, steps, faults) }
  })
  if (funnels.length > MOST_FUNNELS) {
    const first = funnels[MOST_FUNNELS]!.name
    faults.push({ path: [first], fix: `one of ${funnels.length} funnels, keep at most ${MOST_FUNNELS}` })
  }
  let steps = 0
  for (const funnel of funnels) {
    steps += funnel.steps.length
    if (steps <= MOST_FUNNEL_STEPS) continue
    const fix = `with this funnel there are ${steps} steps, keep at most ${MOST_FUNNEL_STEPS} over all funnels`
    faults.push({ path: [funnel.name], fix })
    break
  }
  return faults.length > 0 ? { faults } : { funnels: freeze(funnels) }
}

function readSteps(funnel: string, steps: unknown, faults: TreeFault[]): FunnelStep[] {
  const list = stepsSchema.safeParse(steps)
  if (!list.success) {
    faults.push(...faultsOf(list.error, [funnel]))
    return []
  }
  const read: FunnelStep[] = []
  const names = new Set<string>()
  for (const [index, given] of list.data.entries()) {
    const step = stepSchema.safeParse(given)
    if (!step.success) {
      faults.push(...faultsOf(step.error, [funnel, index]))
      continue
    }
    const { event, page, name = event } = step.data
    if (names.has(name))
      faults.push({ path: [funnel, index], fix: `a second step called ${name}, give this one another name` })
    names.add(name)
    read.push(page === undefined ? { name, event } : { name, event, page })
  }
  return read
}

function faultsOf(error: z.ZodError, at: readonly (string | number)[]): TreeFault[] {
  return error.issues.flatMap((issue): TreeFault[] => {
    const path = [...at, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))]
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(stepSchema.shape)
      return issue.keys.map((key) => ({
        path: [...path, key],
        fix: `a step has no ${key}, take it out${suggestion(key, known)}`,
      }))
    }
    const notAStep = issue.code === 'invalid_type' && issue.path.length === 0 && at.length === 2
    return [{ path, fix: notAStep ? 'write a step such as { event: purchase }' : issue.message }]
  })
}

function freeze(funnels: readonly Funnel[]): readonly Funnel[] {
  for (const { steps } of funnels) {
    for (const step of steps) Object.freeze(step)
    Object.freeze(steps)
  }
  for (const funnel of funnels) Object.freeze(funnel)
  return Object.freeze(funnels)
}
