import { ALTERNATIVES, DISORDERS, type Disorder, type Disorders, NO_DISORDER, totalOf } from './disorders.ts'
import { type Kind, type Reading, read, refuse } from './kinds.ts'
import { suggestion } from './suggestion.ts'

/** What `all` gives each kind. */
const ALL_SHARE = 0.01
/** Decimals such as 0.1 are not exact: sums may be off in the last digits. */
const ROUNDING = 1e-9
const EXAMPLE = 'duplicate=0.02,late=0.01'

/**
 * Disorder as a setting: `duplicate=0.02,late=0.01`, `all` (0.01 of each kind), `all,late=0.2` or `none`. Kinds not
 * named are 0, or what `all` gives them.
 */
export const disorder: Kind<Disorders> = {
  placeholder: 'KIND=SHARE,...',
  accepts: `none, all (${ALL_SHARE} of each kind) or KIND=SHARE,... with ${DISORDERS.join(', ')}`,
  parse: (text) => parseItems(text.split(',').map((item) => item.trim())),
  parseItems,
}

function parseItems(items: readonly string[]): Reading<Disorders> {
  const [first, ...rest] = items
  if (first === undefined || (first === '' && rest.length === 0))
    return refuse(`is empty, write none, all or shares such as ${EXAMPLE}`)
  if (first === 'none' && rest.length === 0) return read(NO_DISORDER)
  const shares = { ...NO_DISORDER }
  if (first === 'all') for (const kind of DISORDERS) shares[kind] = ALL_SHARE
  const named = new Set<Disorder>()
  for (const item of first === 'all' ? rest : items) {
    const share = readShare(item)
    if (!share.ok) return refuse(items.length === 1 ? share.fix : `${JSON.stringify(item)}: ${share.fix}`)
    const [kind, value] = share.value
    if (named.has(kind)) return refuse(`${kind} stands there twice, take one out`)
    named.add(kind)
    shares[kind] = value
  }
  for (const kinds of ALTERNATIVES) {
    const total = totalOf(kinds, shares)
    if (total > 1 + ROUNDING)
      return refuse(`${listed(kinds)} add up to ${Number(total.toFixed(6))}, write at most 1 for them together`)
  }
  return read(Object.freeze(shares))
}

function readShare(item: string): Reading<readonly [Disorder, number]> {
  const [name = '', given, ...more] = item.split('=').map((part) => part.trim())
  if (name === 'none') return refuse('stands alone, take it or the rest out')
  if (name === 'all') return refuse(`write all at the beginning and without a share, it is ${ALL_SHARE} of each kind`)
  const kind = DISORDERS.find((candidate) => candidate === name)
  if (kind === undefined)
    return refuse(`write a share of ${DISORDERS.join(', ')}${suggestion(name, [...DISORDERS, 'all', 'none'])}`)
  const share = Number(given)
  if (given === undefined || more.length > 0 || !/^\d*\.?\d+$/.test(given) || share > 1)
    return refuse(`write a share from 0 to 1, such as ${kind}=${ALL_SHARE}`)
  return read([kind, share])
}

const listed = (kinds: readonly Disorder[]): string => `${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`
