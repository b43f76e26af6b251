import { type Kind, read, refuse } from './kinds.ts'

/** An origin as a browser names it: scheme, host and a port that is not the scheme's own. */
export const httpOrigin: Kind<string> = {
  placeholder: 'ORIGIN',
  parse(given) {
    const url = URL.canParse(given) ? new URL(given) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol))
      return refuse('write an origin such as https://shop.example')
    const isBare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
    return isBare ? read(url.origin) : refuse(`an origin has no path, write ${url.origin}`)
  },
}
